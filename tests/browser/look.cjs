// Opens reports in headless Chromium: node look.cjs CHROMIUM OUT FILE... → one JSON line for each view.
// A view is a size and a colour scheme. Each is checked with axe and photographed; the last is printed to PDF.
"use strict";
const fs = require("node:fs");
const path = require("node:path");
const { chromium } = require("playwright-core");

const VIEWS = [
  { name: "desktop-light", width: 1200, height: 900, colorScheme: "light" },
  { name: "desktop-dark", width: 1200, height: 900, colorScheme: "dark" },
  { name: "phone-light", width: 390, height: 844, colorScheme: "light" },
  { name: "phone-dark", width: 390, height: 844, colorScheme: "dark" },
];
const STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"];
const axe = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

// How: "checked" with axe, which the report's own policy would refuse; "as-is" under that policy; "no-script".
async function look(browser, file, view, out, how) {
  const javaScriptEnabled = how !== "no-script";
  const checked = how === "checked";
  const context = await browser.newContext({
    viewport: { width: view.width, height: view.height },
    colorScheme: view.colorScheme,
    bypassCSP: checked,
    javaScriptEnabled,
  });
  const page = await context.newPage();
  const requests = [];
  const complaints = [];
  page.on("request", (request) => requests.push(request.url()));
  page.on("console", (message) => complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("dialog", (dialog) => { complaints.push("dialog"); dialog.dismiss(); });
  const url = "file://" + path.resolve(file);
  await page.goto(url);
  const stem = path.join(out, path.basename(file, ".html") + "-" + view.name);
  const result = {
    file: path.basename(file),
    view: view.name,
    how,
    outside: requests.filter((one) => one !== url),
    complaints,
    text: await page.locator("body").innerText(),
  };
  result.buttons = await page.locator(".command button").count();
  result.style = await page.evaluate(() => getComputedStyle(document.body).maxWidth).catch(() => null);
  if (checked) {
    await page.evaluate(() => document.querySelectorAll("details").forEach((one) => { one.open = true; }));
    await page.evaluate(axe);
    const found = await page.evaluate((tags) => window.axe.run(document, { runOnly: tags }), STANDARDS);
    result.violations = found.violations.map((one) => ({ id: one.id, nodes: one.nodes.map((node) => node.html) }));
    result.passes = found.passes.length;
    result.sideways = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    await page.evaluate(() => document.querySelectorAll("details").forEach((one) => { one.open = false; }));
    await page.screenshot({ path: stem + ".png", fullPage: true });
  }
  if (view.name === "desktop-light" && checked) {
    await page.pdf({ path: path.join(out, path.basename(file, ".html") + ".pdf"), format: "A4", printBackground: true });
  }
  await context.close();
  console.log(JSON.stringify(result));
}

async function main() {
  const [executablePath, out, ...files] = process.argv.slice(2);
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  for (const file of files) {
    for (const view of VIEWS) await look(browser, file, view, out, "checked");
    await look(browser, file, VIEWS[2], out, "as-is");
    await look(browser, file, VIEWS[2], out, "no-script");
  }
  await browser.close();
}

main().catch((error) => { console.error(error); process.exit(1); });
