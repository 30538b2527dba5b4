// A task, live. Lines are drawn once a frame however many come, the newest are kept, and
// those who hear the page are told now and then.

import { localTimes } from "./main.js";

/** Milliseconds between two words to those who hear the page. */
const HEARD_EVERY = 5_000;
/** Milliseconds before a stream that the browser gave up is opened again, at least and at most. */
const AGAIN_FIRST = 1_000;
const AGAIN_LAST = 30_000;

const list = document.getElementById("stream");
const line = document.getElementById("line");
const heard = document.getElementById("heard");
const { task, most } = list.dataset;
let last = list.dataset.last;
let again = AGAIN_FIRST;

let queue = [];
let drawing = 0;
let unheard = 0;
let newest;
let hearing = 0;

function drawn(one) {
  const row = document.createElement("li");
  row.className = one.tone;
  row.classList.add("arrived");
  const title = document.createElement("strong");
  title.textContent = one.title;
  const time = document.createElement("time");
  time.dateTime = one.at;
  time.title = time.textContent = one.utc;
  row.append(title, " ", time);
  if (one.text) {
    const text = document.createElement("p");
    text.className = "given";
    text.textContent = one.text;
    row.append(text);
  }
  return row;
}

function showProgress({ done, total, said }) {
  const bar = document.getElementById("bar");
  bar.max = total;
  bar.value = done;
  document.getElementById("progress-said").textContent = said;
  document.getElementById("progress").hidden = false;
}

function showState(text) {
  const state = document.querySelector("#state .state");
  if (!state || state.textContent === text) return;
  state.textContent = text;
  state.className = "state";
}

function draw() {
  drawing = 0;
  const news = queue;
  queue = [];
  const kept = news.slice(-most);
  const rows = document.createDocumentFragment();
  for (const one of kept.toReversed()) rows.append(drawn(one));
  localTimes(rows);
  list.prepend(rows);
  while (list.children.length > most) {
    list.lastElementChild.remove();
    document.getElementById("older").hidden = false;
  }
  const progress = news.findLast((one) => one.progress);
  if (progress) showProgress(progress.progress);
  const state = news.findLast((one) => one.state);
  if (state) showState(state.state);
  document.getElementById("nothing").hidden = true;
  unheard += news.length;
  newest = news.at(-1);
  if (!hearing) hearing = setTimeout(hear, HEARD_EVERY);
}

function hear() {
  hearing = 0;
  const count = unheard === 1 ? "One new line" : `${unheard} new lines`;
  unheard = 0;
  heard.textContent = `${count}. ${newest.title}. ${newest.text}`;
}

function say(text) {
  if (line.textContent !== text) line.textContent = text;
}

function follow() {
  const source = new EventSource(`/tasks/${task}/live?after=${last}`);
  source.addEventListener("open", () => {
    again = AGAIN_FIRST;
    say("Connected.");
  });
  source.addEventListener("told", (event) => {
    // A line that was told before the connection was lost is not told twice.
    if (Number(event.lastEventId) <= Number(last)) return;
    last = event.lastEventId;
    queue.push(JSON.parse(event.data));
    // A page in the background draws nothing, and need not remember more than it shows.
    if (queue.length > 4 * most) queue = queue.slice(-most);
    if (!drawing) drawing = requestAnimationFrame(draw);
  });
  source.addEventListener("over", () => {
    source.close();
    say("The task is over; nothing more will happen.");
  });
  source.addEventListener("error", () => {
    say("Connection lost, trying again.");
    if (source.readyState !== EventSource.CLOSED) return;
    // The browser gave up, as after an answer that was no stream.
    setTimeout(follow, again);
    again = Math.min(again * 2, AGAIN_LAST);
  });
}

if (list.dataset.over === undefined) follow();
