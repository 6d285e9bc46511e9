"use strict";
// Walks along the edges of a level's graph. Every state was made by the engine.
const find = (id) => document.getElementById(id);
const solved = new Set();
let level = 0;
let path = [0];
let word = "";

const node = () => LEVELS[level].nodes[path[path.length - 1]];
const isMixed = () => node()[3] === 0;
const isOver = () => isMixed() || node()[0].length === 0;

function element(tag, text, attributes) {
  const made = document.createElement(tag);
  if (text) made.textContent = text;
  for (const [name, value] of Object.entries(attributes || {})) made.setAttribute(name, value);
  return made;
}

function run(letter) {
  const move = isOver() ? undefined : node()[0].find(([name]) => name === letter);
  if (!move) return false;
  path.push(move[1]);
  word += letter;
  return true;
}

function open(index, letters) {
  level = index;
  path = [0];
  word = "";
  for (const letter of letters || "") if (!run(letter)) break;
  const before = LEVELS[level].nodes[path[path.length - 2]];
  show(word ? sentence(before) : `${LEVELS[level].users.length} requests. Choose who runs first.`);
}

// Describes the last turn in a sentence.
function sentence(before) {
  const { code, users } = LEVELS[level];
  const letter = word[word.length - 1];
  const user = letter.toUpperCase();
  const index = users.indexOf(user);
  if (letter !== user) return user + " hangs up.";
  const [line, rows] = node()[1][index];
  const old = before ? before[1][index][1] : "";
  const added = rows.slice(old.length);
  const foreign = [...added].find((owner) => /[A-Z]/.test(owner) && owner !== user);
  let text = "";
  if (foreign) text = user + " shows a row of " + foreign + "! ";
  else if (added) text = user + " shows " + (added === "∅" ? "nothing" : "its own rows") + ". ";
  if (line === null) return text + "Its request has ended.";
  return text + user + " runs up to: " + code[line].trim();
}

function ending() {
  const { lesson, nodes } = LEVELS[level];
  if (isMixed()) {
    const fewest = nodes[0][3];
    const turns = word.length === fewest ? "No order does it in fewer turns. " : `It can be done in ${fewest} turns. `;
    return `Mixed, after ${word.length} turns. ${turns}${lesson}`;
  }
  if (nodes[0][3] === null) {
    return `All have ended, and nothing is mixed. ${lesson}`;
  }
  return "All have ended, and nothing is mixed. Undo, or begin again.";
}

function show(text) {
  const { users, code, goal, title, nodes } = LEVELS[level];
  const [moves, requests, slots] = node();
  if (isMixed() || (isOver() && nodes[0][3] === null)) solved.add(level);
  const focused = document.activeElement && document.activeElement.dataset.key;
  find("levels").replaceChildren(...LEVELS.map((other, index) => {
    const item = element("li");
    const mark = solved.has(index) ? " ✓" : "";
    const button = element("button", `${index + 1}${mark}`, { title: other.title, "data-key": `level-${index}`, "aria-label": `Level ${index + 1}: ${other.title}${mark ? ", solved" : ""}` });
    if (index === level) button.setAttribute("aria-current", "true");
    button.onclick = () => open(index);
    item.append(button);
    return item;
  }));
  find("goal").replaceChildren(element("strong", `${level + 1}. ${title}. `), goal);
  find("code").replaceChildren(...code.map((line, index) => {
    const here = [...users].filter((_, user) => requests[user][0] === index);
    const row = element("span", "", { class: here.length ? "line here" : "line" });
    row.append(element("b", here.join(""), { class: "pointer" }), line.replace(/^\t/, "") + "\n");
    return row;
  }));
  find("requests").replaceChildren(...[...users].map((user, index) => {
    const [line, rows] = requests[index];
    const card = element("section", "", { class: "request", "aria-label": `Request of ${user}` });
    card.append(element("h2", `Request of ${user}`));
    const shown = element("div", "", { class: "thumbnail", role: "img", "aria-label": `shows ${rows ? [...rows].join(", ") : "no rows yet"}` });
    const ring = slots !== "" || LEVELS[level].name === "owned";
    const count = ring ? 2 : Math.max([...rows].length, 1);
    for (let row = 0; row < count; row++) {
      const owner = rows[row];
      const tile = element("div", owner || "", { class: "row" });
      if (owner && /[A-Z]/.test(owner)) {
        tile.classList.add(ring ? `photo-${owner}` : `owner-${owner}`);
        if (ring) tile.style.backgroundPosition = row ? "0 100%" : "0 0";
        if (owner !== user) tile.classList.add("foreign");
      }
      shown.append(tile);
    }
    const state = line === null ? (rows === "×" ? "hung up" : "ended") : word.toUpperCase().includes(user) ? "running" : "not begun";
    card.append(shown, element("p", state));
    return card;
  }));
  find("slots").replaceChildren(...[...slots].map((owner, index) => {
    const place = element("div", "", { class: "slot" });
    const held = element("div", owner === "·" ? "" : owner, { class: owner === "·" ? "held" : `held photo-${owner}` });
    place.append(element("p", `slot ${index + 1}`), held);
    return place;
  }));
  find("said").textContent = isOver() ? `${text} ${ending()}` : text;
  find("said").className = isMixed() ? "mixed" : "";
  find("moves").replaceChildren(...[...users].map((user) => {
    const button = element("button", `${user} runs`, { "data-key": user });
    button.disabled = isOver() || !moves.some(([letter]) => letter === user);
    button.onclick = () => press(user);
    return button;
  }));
  if (nodes.some((each) => each[0].some(([letter]) => letter >= "a"))) {
    for (const user of users.toLowerCase()) {
      const button = element("button", `${user.toUpperCase()} hangs up`, { "data-key": user });
      button.disabled = isOver() || !moves.some(([letter]) => letter === user);
      button.onclick = () => press(user);
      find("moves").append(button);
    }
  }
  const tools = [["Undo", "u"], ["Again", "r"], ["Hint", "h"], ["Count the orders", "o"], ["Next level", "n"]];
  find("tools").replaceChildren(...tools.map(([name, key]) => {
    const button = element("button", `${name} (${key.toUpperCase()})`, { "data-key": `tool-${key}` });
    button.disabled = (key === "u" || key === "r") && word === "";
    button.onclick = () => press(`tool-${key}`);
    return button;
  }));
  if (focused) {
    // A button that is disabled now would lose the focus, and a reader their place.
    const again = document.querySelector(`[data-key="${focused}"]`);
    const next = isOver() ? '[data-key="tool-n"]' : "#moves button:enabled";
    const target = again && !again.disabled ? again : document.querySelector(next);
    target.focus();
  }
  const here = find("code").querySelector(".here");
  if (here) find("code").scrollTop = here.offsetTop - find("code").offsetTop - 60;
  find("word").replaceChildren("Word: ", element("code", word || "–"));
  const marks = [...solved].map((index) => index + 1).join(",");
  const hash = `#${LEVELS[level].name}:${word}${marks ? `:${marks}` : ""}`;
  if (location.hash !== hash) history.replaceState(null, "", hash);
}

function hint() {
  const turns = node()[3];
  if (isOver()) return "This order has ended: undo, or begin again.";
  if (turns === null) return LEVELS[level].nodes[0][3] === null ? "No order of this level mixes anything. Can you say why?" : "From here no user can be shown another's data: undo.";
  const next = node()[0].find(([, to]) => LEVELS[level].nodes[to][3] === turns - 1);
  const name = next[0] >= "a" ? `${next[0].toUpperCase()} hangs up` : `${next[0]} runs`;
  return `It can be done in ${turns} more turn${turns === 1 ? "" : "s"}, if ${name} next.`;
}

function orders() {
  const [, , , , mixed, all] = node();
  return `${mixed.toLocaleString("en")} of the ${all.toLocaleString("en")} orders that can follow are mixed. A scheduler does not choose them with equal chances.`;
}

function press(key) {
  const before = node();
  if (key === "tool-u" && word) {
    path.pop();
    word = word.slice(0, -1);
    return show("Undone.");
  }
  if (key === "tool-r") return open(level);
  if (key === "tool-n") return open((level + 1) % LEVELS.length);
  if (key === "tool-h") return show(hint());
  if (key === "tool-o") return show(orders());
  if (run(key)) show(sentence(before));
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const key = event.key;
  if (key.length !== 1) return;
  const tools = "urhon";
  const upper = key.toUpperCase();
  if (LEVELS[level].users.includes(upper)) press(event.shiftKey && node()[0].some(([letter]) => letter === upper.toLowerCase()) ? upper.toLowerCase() : upper);
  else if (tools.includes(key.toLowerCase())) press(`tool-${key.toLowerCase()}`);
});

function openLink() {
  let link = location.hash.slice(1);
  try {
    link = decodeURIComponent(link);
  } catch {
    // A link that is not encoded is read as it is.
  }
  const [name, letters, marks] = link.split(":");
  for (const mark of (marks || "").split(",")) if (LEVELS[mark - 1]) solved.add(mark - 1);
  const index = LEVELS.findIndex((other) => other.name === name);
  open(Math.max(index, 0), index < 0 ? "" : letters);
}
window.addEventListener("hashchange", openLink);
openLink();
