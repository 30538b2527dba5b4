// The page of one's key: made, saved to a file, brought back from one.

import "./main.js";
import { exported, held, imported, make } from "./keys.js";

const tools = document.getElementById("tools");
const party = tools.dataset.party;
const here = document.getElementById("here");
const told = document.getElementById("told");
const advice = document.getElementById("advice");
const register = document.getElementById("register");

async function show() {
  const [key] = await held(party);
  tools.hidden = false;
  document.getElementById("save").hidden = !key;
  const registered = document.getElementById("registered").textContent;
  register.hidden = !key || key.thumbprint === registered;
  if (!key) {
    here.textContent = "none yet";
    advice.textContent = "Make one here, or bring the one you have from a file.";
    return;
  }
  const button = document.getElementById("make");
  button.textContent = "Make a new key";
  button.className = "second";
  const code = document.createElement("code");
  code.textContent = key.thumbprint;
  here.replaceChildren(code);
  advice.textContent = "Save it to a file and keep that safe: whoever has it opens your protected fields, and without it nobody does.";
  register.querySelector('[name="public_key"]').value = JSON.stringify(key.publicKey);
}

/** Does something about a key, and says what came of it. */
function on(id, kind, what) {
  document.getElementById(id).addEventListener(kind, async (event) => {
    try {
      told.textContent = (await what(event)) ?? "";
      await show();
    } catch (error) {
      told.textContent = error.message;
    }
  });
}

on("make", "click", async () => {
  const keys = await make(party);
  return keys.length === 1 ? "The key is made." : "A new key is made; the ones before still open what they closed.";
});

on("save", "click", async () => {
  const file = new Blob([await exported(party)], { type: "application/json" });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = "assay-key.json";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  return "Saved as assay-key.json.";
});

on("bring", "change", async (event) => {
  const [file] = event.target.files;
  if (!file) return "";
  await imported(party, await file.text());
  return "The keys of the file are in this browser now.";
});

show().catch(() => {
  here.textContent = "this browser keeps no keys here, as in a private window";
});
