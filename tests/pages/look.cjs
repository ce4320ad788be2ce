// Opens pages in headless Chromium and prints, as JSON, what is wrong with each:
//   node look.cjs CHROMIUM FOLDER-FOR-SCREENSHOTS-OR-"-" PAGE.html...
// Needs the packages playwright-core and axe-core (NODE_PATH tells where they are).
const { chromium } = require("playwright-core");
const axe = require("fs").readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const path = require("path");

const [executablePath, folder, ...pages] = process.argv.slice(2);
const WIDTHS = [390, 1400];
const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync"];

// In the page: the formulas that can't be seen whole.
function hiddenFormulas() {
  const wrong = [];
  for (const math of document.querySelectorAll("math")) {
    const own = math.getBoundingClientRect();
    const box = math.closest(".formula, h3, li, p, summary, div").getBoundingClientRect();
    const inside = own.left >= box.left - 1 && own.right <= box.right + 1
      && own.right <= document.documentElement.clientWidth + 1;
    if (own.width < 2 || own.height < 2 || !inside) {
      const card = math.closest("[id]")?.id;
      wrong.push(`${card}: ${math.textContent.slice(0, 60)} ${Math.round(own.left)}..${Math.round(own.right)}`
        + ` in ${Math.round(box.left)}..${Math.round(box.right)}`);
    }
  }
  return wrong;
}

// In the page: what can be folded and does not unfold.
function stuck() {
  const wrong = [];
  for (const details of document.querySelectorAll("details:not([open])")) {
    const height = details.getBoundingClientRect().height;
    details.querySelector("summary").click();
    if (details.getBoundingClientRect().height <= height) wrong.push(details.textContent);
  }
  return wrong;
}

async function litUp(page) {
  const symbol = page.locator("main .formula [data-symbol]").first();
  if (!(await symbol.count())) return [];
  await symbol.hover();
  const name = await symbol.getAttribute("data-symbol");
  const lit = await page.locator(`.lit[data-symbol="${name}"]`).count();
  const all = await page.locator(`[data-symbol="${name}"]`).count();
  return lit === all && all > 1 ? [] : [`${name}: ${lit} of ${all}`];
}

async function look(browser, file, width, colorScheme) {
  const context = await browser.newContext({
    viewport: { width, height: 900 }, colorScheme, reducedMotion: "reduce",
  });
  const page = await context.newPage();
  const url = "file://" + path.resolve(file);
  const found = { console: [], requests: [] };
  page.on("console", (message) => found.console.push(message.text()));
  page.on("pageerror", (error) => found.console.push(String(error)));
  page.on("request", (request) => request.url() !== url && found.requests.push(request.url()));
  await page.goto(url);
  if (folder !== "-") {
    const name = `${path.basename(file, ".html")}-${width}-${colorScheme}.png`;
    await page.screenshot({ path: path.join(folder, name) });
  }
  found.lit = await litUp(page);
  if (!(await page.locator("math").count())) found.lit.push("no formula");
  found.unfolding = await page.evaluate(stuck);
  found.formulas = await page.evaluate(hiddenFormulas);
  found.wide = await page.evaluate(() =>
    document.documentElement.scrollWidth > document.documentElement.clientWidth
      ? [`${document.documentElement.scrollWidth} pixels`] : []);
  // The page's own policy forbids scripts that are added; this one comes from outside the page.
  if (width > 1000 && colorScheme === "light") {
    await context.close();
    return found;
  }
  const errors = found.console.length;
  const session = await context.newCDPSession(page);
  await session.send("Runtime.evaluate", { expression: axe });
  const { violations } = await page.evaluate(() => axe.run({ exclude: ["math > *"] }));
  found.console.length = errors;
  found.accessibility = violations.map((v) => `${v.id}: ${v.nodes.length} x ${v.nodes[0].html}`);
  await context.close();
  return found;
}

(async () => {
  const browser = await chromium.launch({ executablePath, args: FLAGS });
  const results = {};
  for (const file of pages) {
    for (const width of WIDTHS) {
      for (const scheme of file === pages[0] && width > 1000 ? ["light", "dark"] : ["light"]) {
        results[`${path.basename(file)} ${width} ${scheme}`] = await look(browser, file, width, scheme);
      }
    }
  }
  await browser.close();
  console.log(JSON.stringify(results, null, 1));
})();
