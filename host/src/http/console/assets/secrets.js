// The protected fields of a task: the poster opens them here and closes them again for the
// worker's key; the worker opens what came of that.

import "./main.js";
import { opened, valueOf } from "./keys.js";
import { seal } from "./jwe.js";

const { party, sealed, bundle } = document.getElementById("secrets").dataset;
const told = document.getElementById("told");
document.getElementById("off").hidden = true;

/** What the worker is granted: each field, closed for their key. */
async function closedFor(publicKey) {
  const parts = {};
  for (const [name, jwe] of Object.entries(JSON.parse(sealed))) {
    const plaintext = await opened(party, jwe);
    parts[name] = await seal(publicKey, JSON.stringify({ value: valueOf(plaintext) }));
  }
  return parts;
}

for (const place of document.querySelectorAll(".grant")) {
  const form = place.querySelector("form");
  const field = form.elements.bundle;
  // What an earlier attempt carried was for an earlier showing.
  field.value = "";
  form.addEventListener("submit", async (event) => {
    if (field.value !== "") return;
    event.preventDefault();
    told.textContent = "Encrypting…";
    try {
      field.value = JSON.stringify(await closedFor(JSON.parse(place.dataset.key)));
      form.requestSubmit();
    } catch (error) {
      told.textContent = `${error.message} Bring the key they were posted with on the page of your key.`;
    }
  });
}

const button = document.getElementById("open");
if (button) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const list = document.getElementById("opened");
    try {
      const given = JSON.parse(bundle);
      const parts = typeof given === "string" ? { "All fields": given } : given;
      const shown = [];
      for (const [name, jwe] of Object.entries(parts)) {
        const term = document.createElement("dt");
        term.textContent = name;
        const value = document.createElement("dd");
        value.className = "given";
        value.textContent = valueOf(await opened(party, jwe));
        shown.push(term, value);
      }
      list.replaceChildren(...shown);
      told.textContent = "Opened.";
    } catch (error) {
      told.textContent = error.message;
    }
  });
}
