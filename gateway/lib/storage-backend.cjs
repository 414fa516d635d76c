"use strict";

/**
 * What configurable-http-proxy loads by path as its `storageBackend` and calls with its own options:
 * the storage that lib/gateway.js put there. (It cannot `require` an ES module by itself.)
 *
 * @param {{ storage: import("./storage.js").Storage }} options
 */
module.exports = function StorageBackend({ storage }) {
  return storage;
};
