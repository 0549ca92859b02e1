// Is the server the primary of its replica set? The first time it is asked there is
// no set yet, so it is made here: asking again finds it made.
let status;
try {
  status = db.adminCommand({ replSetGetStatus: 1 });
} catch (e) {
  status = { ok: 0, codeName: e.codeName };
}
if (status.ok !== 1 && status.codeName === "NotYetInitialized") {
  // The name by which everybody reaches it, itself included.
  rs.initiate({ _id: "rs0", members: [{ _id: 0, host: "mongodb:27017" }] });
}
// A server that the image sets up alone, without the set, also takes writes.
const hello = db.hello();
quit(hello.setName === "rs0" && hello.isWritablePrimary ? 0 : 1);
