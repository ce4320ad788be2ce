// Lights up every occurrence of a symbol: in formulas, in code and in the picture.
(() => {
  let lit = null, pinned = null;
  const show = (name) => {
    if (name === lit) return;
    for (const [each, on] of [[lit, false], [name, true]]) {
      if (each === null) continue;
      for (const e of document.querySelectorAll(`[data-symbol="${CSS.escape(each)}"]`)) {
        e.classList.toggle("lit", on);
      }
    }
    lit = name;
  };
  const symbol = (event) => event.target.closest?.("[data-symbol]")?.dataset?.symbol
    ?? event.target.closest?.("[data-symbol]")?.getAttribute("data-symbol") ?? null;
  document.addEventListener("pointerover", (event) => show(symbol(event) ?? pinned));
  document.addEventListener("focusin", (event) => show(symbol(event) ?? pinned));
  document.addEventListener("click", (event) => {
    const name = symbol(event);
    pinned = name === pinned ? null : name;
    show(name ?? null);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { pinned = null; show(null); }
  });
  const narrow = matchMedia("(max-width: 68rem)");
  if (narrow.matches) document.querySelector("nav details").open = false;
})();
