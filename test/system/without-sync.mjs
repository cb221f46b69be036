// A preload that takes the sync out of every commit: SQLite then hands its pages to the system and trusts in luck.
import Database from "better-sqlite3";

const { exec, pragma } = Database.prototype;
const withoutSync = (sql) => String(sql).replace(/\bsynchronous\s*=\s*\w+/gi, "synchronous = OFF");

Database.prototype.pragma = function (sql, options) {
  return pragma.call(this, withoutSync(sql), options);
};
Database.prototype.exec = function (sql) {
  return exec.call(this, withoutSync(sql));
};
