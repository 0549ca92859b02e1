// A user for each service that keeps documents, in its own database and for it alone.
// The image runs this once, on an empty volume, before the server is a replica set.
for (const name of ["catalog", "orders"]) {
  const password = process.env[name.toUpperCase() + "_MONGODB_PASSWORD"];
  if (!password) {
    throw new Error(name.toUpperCase() + "_MONGODB_PASSWORD is empty");
  }
  db.getSiblingDB(name).createUser({ user: name, pwd: password, roles: [{ role: "readWrite", db: name }] });
}
