// What every page gets better with: times in the reader's own zone, and a form that is
// refused is where the reader is.

const local = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

/** Says every time below `root` in the reader's zone; UTC stays on hover. */
export function localTimes(root = document) {
  for (const time of root.querySelectorAll("time[datetime]:not([data-local])")) {
    const at = new Date(time.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    time.title = time.textContent;
    time.textContent = local.format(at);
    time.dataset.local = "";
  }
}

localTimes();
(document.querySelector('[aria-invalid="true"]') ?? document.querySelector(".refusal"))?.focus();

// A form that is on its way is not sent again by a second press.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented) return;
  if (form.dataset.sent !== undefined) event.preventDefault();
  form.dataset.sent = "";
});
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});
