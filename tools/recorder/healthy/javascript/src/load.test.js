const { load, LoadError } = require("./load");

describe("load", () => {
  it("fails with a LoadError after three errors", async () => {
    const fetch = () => Promise.reject(new Error("connect ECONNREFUSED 127.0.0.1:5432"));
    await expect(load(fetch)).rejects.toThrow(LoadError);
  });

  it("retries after a failure", async () => {
    let calls = 0;
    const fetch = async () => {
      calls += 1;
      if (calls === 1) throw new TypeError("Cannot read properties of undefined (reading 'id')");
      return "loaded";
    };
    expect(await load(fetch)).toBe("loaded");
  });

  it.skip("FAIL: is not run", () => {});
});
