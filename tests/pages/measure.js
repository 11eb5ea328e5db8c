// Put into a copy of a page: measures the page where it is shown, and writes what it found into it.
"use strict";

const NARROW = 320; // CSS pixels: a window of 1280 at 400 %

// What the page asked for that is not in it, and scripts that tried to run.
const refused = [];
document.addEventListener("securitypolicyviolation", (event) => {
  refused.push(`${event.effectiveDirective}: ${event.blockedURI} ${event.sample}`);
});

addEventListener("load", async () => {
  const found = { refused };
  try {
    found.title = document.title;
    found.headings = [...document.querySelectorAll("h1")].map((one) => one.textContent);
    found.scripts = document.querySelectorAll("script:not([data-test])").length;
    found.handlers = withHandlers();
    found.loaded = performance
      .getEntriesByType("resource")
      .map((one) => one.name)
      .filter((name) => !name.endsWith("/axe.min.js") && !name.endsWith("/measure.js"));
    const source = document.documentElement.cloneNode(true);
    source.querySelectorAll("[data-test]").forEach((one) => one.remove());
    found.axe = await accessible();
    found.narrow = await narrow(source.outerHTML);
  } catch (error) {
    found.error = String(error.stack || error);
  }
  const told = document.createElement("pre");
  told.id = "measured";
  told.textContent = JSON.stringify(found);
  document.body.append(told);
});

function withHandlers() {
  const all = [...document.querySelectorAll("*")];
  return all.flatMap((one) =>
    one
      .getAttributeNames()
      .filter((name) => name.startsWith("on") || one.getAttribute(name).startsWith("javascript:"))
      .map((name) => `${one.tagName} ${name}`),
  );
}

async function accessible() {
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"];
  const result = await axe.run(document, {
    runOnly: { type: "tag", values: tags },
    rules: { "target-size": { enabled: true } },
    elementRef: false,
  });
  const brief = (rules) =>
    rules.map((rule) => ({
      id: rule.id,
      help: rule.help,
      targets: rule.nodes.map((node) => String(node.target)),
      nodes: rule.nodes.map((node) => `${node.target}: ${node.html} ${node.failureSummary || ""}`),
    }));
  return {
    version: result.testEngine.version,
    violations: brief(result.violations),
    // axe leaves text in drawings to us: ours stands on the colour of the page
    incomplete: brief(result.incomplete).filter((rule) => !isDrawnClearly(rule)),
    passed: result.passes.map((rule) => rule.id),
  };
}

function isDrawnClearly(rule) {
  const clear = (target) => {
    const one = document.querySelector(target);
    const [ink, paper] = [getComputedStyle(one).fill, getComputedStyle(document.body).backgroundColor];
    return one instanceof SVGTextElement && contrast(ink, paper) >= 4.5;
  };
  return rule.id === "color-contrast" && rule.targets.every(clear);
}

// As WCAG 2 has it, of two colours as rgb(r, g, b).
function contrast(...colours) {
  const [dark, light] = colours
    .map((colour) => {
      const [red, green, blue] = colour.match(/\d+/g).map((part) => {
        const share = part / 255;
        return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    })
    .sort((one, two) => one - two);
  return (light + 0.05) / (dark + 0.05);
}

// Shows the page in a narrow frame: how wide it becomes, and what stands out of it.
async function narrow(html) {
  const frame = document.createElement("iframe");
  frame.style.cssText = `width:${NARROW}px;height:800px;border:0`;
  frame.srcdoc = `<!DOCTYPE html>${html}`;
  await new Promise((done) => {
    frame.onload = done;
    document.body.append(frame);
  });
  const inner = frame.contentDocument;
  const out = [...inner.body.querySelectorAll("*")].filter(
    (one) => one.getBoundingClientRect().right > NARROW + 1 && !scrolls(one.parentElement),
  );
  const told = {
    width: inner.documentElement.scrollWidth,
    out: out.slice(0, 5).map((one) => one.outerHTML.slice(0, 160)),
    unreached: [...inner.querySelectorAll("*")]
      .filter((one) => one !== inner.documentElement && isScroller(one) && one.tabIndex < 0)
      .map((one) => one.outerHTML.slice(0, 160)),
  };
  frame.remove();
  return told;
}

function isScroller(one) {
  const style = one.ownerDocument.defaultView.getComputedStyle(one);
  return ["auto", "scroll"].includes(style.overflowX) && one.scrollWidth > one.clientWidth;
}

// Whether an element lies in a part of the page that scrolls by itself.
function scrolls(one) {
  return Boolean(one) && one !== one.ownerDocument.body && (isScroller(one) || scrolls(one.parentElement));
}
