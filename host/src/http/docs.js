// What the reference lacks for those who do not see it or use no mouse. It draws itself
// again whenever something is opened, so this looks at what was drawn each time.

const reference = document.getElementById("swagger-ui");

/** What a field is for, from what stands around it. */
function purpose(field) {
  const row = field.closest("tr[data-param-name]");
  if (row) return row.dataset.paramName;
  if (field.closest(".servers")) return "Server";
  if (field.closest(".opblock-section-request-body")) return field.matches("select") ? "Media type" : "Body";
  if (field.closest(".responses-wrapper")) return "Media type";
  return field.placeholder || "Value";
}

function mend() {
  for (const field of reference.querySelectorAll("select, textarea, input")) {
    if (!field.ariaLabel && !field.labels?.length) field.ariaLabel = purpose(field);
    else if (field.id === "servers") field.ariaLabel = purpose(field);
  }
  // A button may hold no link; the button itself leads to the same place.
  for (const link of reference.querySelectorAll("button a[href]")) link.removeAttribute("href");
  for (const code of reference.querySelectorAll("pre")) code.tabIndex = 0;
  for (const table of reference.querySelectorAll("table[role=region]")) table.removeAttribute("role");
}

new MutationObserver(mend).observe(reference, { childList: true, subtree: true });
mend();
