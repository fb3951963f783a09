// Keyboard shortcuts and completion. Pages work without this module; it moves the focus, presses buttons that are there,
// and fills lists of proposals.
const store = { get: () => { try { return localStorage.getItem("shortcuts"); } catch { return null; } },
  set: (value) => { try { localStorage.setItem("shortcuts", value); } catch { /* private window: lasts for the page */ } } };
let on = store.get() !== "off";
const toggle = document.querySelector("[data-shortcuts-toggle]");
const help = document.querySelector("[data-shortcuts-help]");

function show() {
  if (!toggle) return;
  help.hidden = false;
  toggle.textContent = on ? toggle.dataset.on : toggle.dataset.off;
  toggle.setAttribute("aria-pressed", String(on));
}

toggle?.addEventListener("click", () => { on = !on; store.set(on ? "on" : "off"); show(); });
show();

const rows = () => [...document.querySelectorAll("[data-row]")];

function move(step) {
  const all = rows();
  if (all.length === 0) return false;
  const at = all.indexOf(document.activeElement);
  const next = at < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + step, 0), all.length - 1);
  all[next].focus();
  all[next].scrollIntoView({ block: "nearest" });
  return true;
}

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
  if (event.key === "Escape" && typing) { typing.blur(); return; }
  if (!on || typing || event.ctrlKey || event.altKey || event.metaKey || event.repeat && event.key.length === 1 && !"jk".includes(event.key)) return;
  const steps = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 };
  const inList = rows().length > 0;
  if (inList && event.key in steps && (event.key.length === 1 || document.activeElement?.matches("[data-row]") || event.key === "ArrowDown")) {
    if (move(steps[event.key])) event.preventDefault();
    return;
  }
  const target = [...document.querySelectorAll("[data-key]")].find((it) => it.dataset.key === event.key);
  if (!target) return;
  event.preventDefault();
  if (target.matches("input, select, textarea")) { target.focus(); target.select?.(); } else { target.click(); }
});

// Fields that complete themselves from the public directory: the list of the field is filled while one types.
let waiting;
document.addEventListener("input", (event) => {
  const field = event.target.closest?.("[data-complete]");
  const typed = field?.value.trim() ?? "";
  clearTimeout(waiting);
  if (typed.length < 3 || /^\d{11}\s/.test(typed)) return;
  waiting = setTimeout(async () => {
    const answer = await fetch(`/annuaire/propositions?q=${encodeURIComponent(typed)}`).catch(() => null);
    if (!answer?.ok || field.value.trim() !== typed) return;
    const list = document.getElementById(field.dataset.complete);
    list.querySelectorAll("[data-proposed]").forEach((it) => it.remove());
    for (const value of await answer.json()) {
      const option = document.createElement("option");
      option.value = value;
      option.dataset.proposed = "";
      list.append(option);
    }
  }, 200);
});

// A second press must not act twice.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "1";
});
addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent));
