// One key each on the review desk: j and k move, a, v and x press the buttons of the item
// that has the focus. While somebody types, keys are letters.

// A key that pays is to be meant for the item that is read. One that is held down repeats
// itself, and one that was still on its way when the page came was meant for the page
// before: for so many milliseconds after the page came, no key presses a button.
const PAUSE = 500;

const items = [...document.querySelectorAll(".item")];

function current() {
  return items.findIndex((item) => item.contains(document.activeElement));
}

function go(to) {
  const item = items[Math.max(0, Math.min(items.length - 1, to))];
  if (!item) return;
  item.tabIndex = -1;
  item.focus();
  item.scrollIntoView({ block: "start" });
}

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select");
  if (typing || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  const at = current();
  if (event.key === "j") go(at + 1);
  else if (event.key === "k") go(at < 0 ? 0 : at - 1);
  else {
    const button = items[at]?.querySelector(`button[data-key="${CSS.escape(event.key)}"]`);
    if (!button || document.body.dataset.keys !== "act") return;
    button.click();
  }
  event.preventDefault();
});

if (items.length > 0 && !document.querySelector(".refusal")) go(0);

addEventListener("pageshow", () => {
  document.body.dataset.keys = "wait";
  setTimeout(() => {
    document.body.dataset.keys = "act";
  }, PAUSE);
});
