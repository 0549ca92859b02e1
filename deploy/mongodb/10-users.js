// A user for each service that keeps documents, in its own database and for it alone: for each
// NAME_MONGODB_PASSWORD that is given.
// The image runs this once, on an empty volume, before the server is a replica set.
for (const variable of Object.keys(process.env)) {
  const found = variable.match(/^([A-Z]+)_MONGODB_PASSWORD$/);
  if (!found) {
    continue;
  }
  const name = found[1].toLowerCase();
  const password = process.env[variable];
  if (!password) {
    throw new Error(variable + " is empty");
  }
  db.getSiblingDB(name).createUser({ user: name, pwd: password, roles: [{ role: "readWrite", db: name }] });
}
