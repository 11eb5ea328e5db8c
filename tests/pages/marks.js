// Put into a copy of a page that is printed: marks too small to be seen, at both ends of what may not be
// cut, so that the text of each sheet tells what is on it.
"use strict";

addEventListener("DOMContentLoaded", () => {
  const all = new Set();
  const mark = (...words) => {
    all.add(words.join());
    const made = document.createElement("span");
    made.textContent = `qz${words.join("q")}zq`;
    made.style.cssText = "font:1px/0 monospace;white-space:nowrap;color:#777";
    return made;
  };
  const around = (outer, kind, ...numbers) => {
    // a mark must not be an item of a row of boxes
    const boxes = getComputedStyle(outer).display === "flex" && outer.lastElementChild;
    const element = boxes || outer;
    element.prepend(mark(kind, ...numbers));
    element.append(mark(`${kind}end`, ...numbers));
  };
  document.querySelectorAll("table").forEach((table, number) => {
    if (table.caption) around(table.caption, "caption", number);
    if (table.tHead) table.tHead.rows[0].cells[0].prepend(mark("header", number));
    table.querySelectorAll("tbody tr").forEach((row, at) => {
      [...row.cells].forEach((cell, place) => around(cell, "row", number, at, place));
    });
  });
  const kinds = "h1, h2, h3, h4, p, li, caption, figcaption, pre, summary";
  // links to files beside the page are not for paper
  const blocks = [...document.querySelectorAll(kinds)].filter((one) => !one.closest(".file"));
  blocks.forEach((block, at) => {
    around(block, "block", at);
    if (/^H\d$/.test(block.tagName) && at + 1 < blocks.length) {
      block.append(mark("heading", at));
      blocks[at + 1].prepend(mark("below", at));
    }
  });
  document.body.append(mark("end", all.size, heightOfMarks()));
});

// In thousandths of a pixel.
function heightOfMarks() {
  const pen = document.createElement("canvas").getContext("2d");
  pen.font = "1000px monospace";
  const size = pen.measureText("q");
  return Math.round(size.fontBoundingBoxAscent + size.fontBoundingBoxDescent);
}
