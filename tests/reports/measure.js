// Runs in a copy of the page that a test made, and sends measurements to the frame around it:
// elements outside the window, elements that overflow their box, labels that overlap, broken
// pictures, and requests to the network.
const refused = [];
addEventListener("securitypolicyviolation", (event) => refused.push(event.blockedURI));

addEventListener("load", () => {
  const name = (element) =>
    [element.tagName.toLowerCase(), ...element.classList].join(".") +
    " " + element.textContent.trim().slice(0, 40);
  const all = [...document.body.querySelectorAll("*")].filter((e) => !e.matches(".skip"));
  const seen = all.filter((e) => !e.closest(".wide") || e.matches(".wide"));

  const overflowing = seen.filter((element) => {
    const box = element.getBoundingClientRect();
    return box.width > 0 && (box.left < -0.5 || box.right > innerWidth + 0.5);
  });
  // Labels inside a drawing are checked below: their boxes have no scroll width.
  const overflowed = seen.filter((e) => !e.closest("svg") || e.matches("svg")).filter((element) => {
    const style = getComputedStyle(element);
    const flows = style.overflowX === "visible" && style.display !== "inline";
    return flows && element.clientWidth > 0 && element.scrollWidth > element.clientWidth + 1;
  });
  const labels = [...document.querySelectorAll("svg")].flatMap((svg) => {
    const whole = svg.getBoundingClientRect();
    const texts = [...svg.querySelectorAll("text")];
    const boxes = texts.map((text) => text.getBoundingClientRect());
    const cut = texts.filter((_, i) =>
      boxes[i].left < whole.left - 1 || boxes[i].right > whole.right + 1 ||
      boxes[i].top < whole.top - 1 || boxes[i].bottom > whole.bottom + 1);
    // A line of text is a fifth higher than its letters.
    const meet = (a, b) =>
      a.left < b.right && b.left < a.right &&
      a.top + a.height / 5 < b.bottom && b.top + b.height / 5 < a.bottom;
    const covered = texts.filter((_, i) => boxes.some((box, j) => j < i && meet(boxes[i], box)));
    return [...cut, ...covered];
  });
  const letters = seen
    .filter((e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()))
    .filter((e) => !e.closest("svg"))
    .map((e) => parseFloat(getComputedStyle(e).fontSize));
  const pictures = [...document.images];

  parent.postMessage({
    width: innerWidth,
    page_width: document.documentElement.scrollWidth,
    overflowing: overflowing.map(name),
    overflowed: overflowed.map(name),
    labels: labels.map(name),
    smallest_letters: Math.min(...letters),
    pictures: pictures.length,
    broken: pictures.filter((p) => !p.complete || p.naturalWidth === 0).map((p) => p.alt),
    refused,
    requested: performance.getEntriesByType("resource").map((entry) => entry.name),
  }, "*");
});
