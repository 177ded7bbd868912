const assert = require("assert");
const { load, LoadError } = require("../src/load");

describe("load, with errors", () => {
  it("throws Error: getaddrinfo ENOTFOUND db.internal", async () => {
    const fetch = () => Promise.reject(new Error("getaddrinfo ENOTFOUND db.internal"));
    await assert.rejects(load(fetch), LoadError);
  });
  it("is pending until the failing upstream is fixed");
});
