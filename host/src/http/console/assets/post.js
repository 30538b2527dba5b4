// The form that posts a task: what it would do, as it is typed; rows added and removed in
// place; protected fields encrypted here, before the form knows of them.

import { localTimes } from "./main.js";
import { held, make } from "./keys.js";
import { seal } from "./jwe.js";

/** Milliseconds without a key before the server is asked. */
const PAUSE = 400;
/** What a row more or less changes of the page. */
const PARTS = ["part-checks", "part-verifiers", "part-pricing", "part-protected"];

const form = document.getElementById("post");
const preview = document.getElementById("preview");
const said = document.getElementById("preview-said");

let waiting = 0;
let looking = new AbortController();
let drawing = false;

function body(extra = {}) {
  const typed = new URLSearchParams(new FormData(form));
  for (const [name, value] of Object.entries(extra)) typed.set(name, value);
  return typed;
}

async function ask(path, typed, signal) {
  const response = await fetch(path, { method: "POST", body: typed, headers: { accept: "text/html" }, signal });
  if (!response.ok) throw new Error(`${response.status}`);
  return new DOMParser().parseFromString(await response.text(), "text/html");
}

function show(nodes) {
  const before = preview.querySelector("[data-said]")?.textContent;
  preview.replaceChildren(...nodes);
  localTimes(preview);
  const after = preview.querySelector("[data-said]")?.textContent;
  if (after !== before) said.textContent = after ?? "";
}

async function foresee() {
  // Whatever is being drawn brings what it will do with it.
  if (drawing) return;
  looking.abort();
  looking = new AbortController();
  try {
    const page = await ask("/post/preview", body(), looking.signal);
    show(page.body.childNodes);
  } catch (error) {
    if (error.name !== "AbortError") {
      said.textContent = "What it will do could not be looked up; the next change tries again.";
    }
  }
}

function soon() {
  clearTimeout(waiting);
  waiting = setTimeout(foresee, PAUSE);
}

/** Has the server draw the parts that a button or a choice changes. */
async function redraw(extra) {
  if (drawing) return false;
  drawing = true;
  clearTimeout(waiting);
  looking.abort();
  const parts = PARTS.map((id) => document.getElementById(id));
  for (const part of parts) part.inert = true;
  try {
    const page = await ask("/post/draft", body(extra));
    for (const part of parts) part.replaceWith(page.getElementById(part.id));
    show(page.getElementById("preview").childNodes);
    return true;
  } catch {
    said.textContent = "That did not reach the server: try again.";
    return false;
  } finally {
    drawing = false;
    for (const part of parts) part.inert = false;
  }
}

/** Where somebody goes on after a row was added or taken away. */
function goOn(button) {
  const [verb, what] = button.name.split("_");
  const part = document.getElementById({ check: "part-checks", verifier: "part-verifiers" }[what] ?? "part-protected");
  const rows = part.querySelectorAll("fieldset");
  const next = verb === "add" ? rows[rows.length - 1] : undefined;
  const place = next?.querySelector("input:not([type=hidden]), textarea, select") ?? part.querySelector("select, button");
  (place ?? document.getElementById("protected-name"))?.focus();
}

form.addEventListener("submit", async (event) => {
  const button = event.submitter;
  if (button?.getAttribute("formaction") !== "/post/draft") return;
  event.preventDefault();
  const { name, value } = button;
  if ((await redraw({ [name]: value })) && name !== "preview") goOn(button);
});
form.addEventListener("input", (event) => {
  if (event.target.name) soon();
});
form.addEventListener("change", async (event) => {
  if (!/^(pricing_model\.model|verifier\[\d+\]\.digest)$/.test(event.target.name)) return;
  await redraw({});
  document.getElementById(event.target.id)?.focus();
});

// Protected fields. Neither of their two inputs has a name, so that no form takes them.
const tools = document.getElementById("protected-tools");
const party = tools.dataset.party;
const nameField = document.getElementById("protected-name");
const valueField = document.getElementById("protected-value");
const told = document.getElementById("protected-said");

async function showTools() {
  const keys = await held(party);
  document.getElementById("protected-key").hidden = keys.length > 0;
  document.getElementById("protected-add").hidden = keys.length === 0;
  document.getElementById("protected-off").hidden = true;
  tools.hidden = false;
}

document.getElementById("protected-make").addEventListener("click", async () => {
  await make(party);
  await showTools();
  told.textContent = "The key is made. Save it to a file on the page of your key: without it nobody opens these fields again.";
  nameField.focus();
});

async function sealField() {
  const name = nameField.value.trim();
  if (name === "" || valueField.value === "") {
    told.textContent = "A protected field needs a name and something to protect.";
    (name === "" ? nameField : valueField).focus();
    return;
  }
  const [key] = await held(party);
  const ciphertext = await seal(key.publicKey, JSON.stringify({ value: valueField.value }));
  const at = form.querySelectorAll('[name^="protected_fields["][name$="].ciphertext"]').length;
  const done = await redraw({
    [`protected_fields[${at}].name`]: name,
    [`protected_fields[${at}].ciphertext`]: ciphertext,
  });
  if (!done) return;
  nameField.value = "";
  valueField.value = "";
  told.textContent = `${name} is encrypted.`;
  nameField.focus();
}

document.getElementById("protected-seal").addEventListener("click", () => {
  sealField().catch(() => {
    told.textContent = "This browser could not encrypt it, so nothing was added.";
  });
});
// A key pressed here must not send the form.
nameField.addEventListener("keydown", (event) => {
  if (event.key !== "Enter") return;
  event.preventDefault();
  valueField.focus();
});

showTools().catch(() => {
  document.getElementById("protected-off").textContent = "This browser keeps no keys here, so no protected field can be added.";
});
