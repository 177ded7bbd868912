class LoadError extends Error {}

async function load(fetch, attempts = 3) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await fetch();
    } catch (error) {
      console.error(`attempt ${attempt} failed:`, error);
      if (attempt === attempts) throw new LoadError(error.message);
    }
  }
}

module.exports = { load, LoadError };
