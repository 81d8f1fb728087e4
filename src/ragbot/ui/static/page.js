// The page's own script: citations open their source beside the chat.
(() => {
  "use strict";

  // Which forms the Han characters take depends on the language of the page.
  const wished = navigator.language || "zh-CN";
  const traditional = /-(hant|tw|hk|mo)\b/i.test(wished) && !/-hans\b/i.test(wished);
  document.documentElement.lang = /^zh\b/i.test(wished) ? (traditional ? "zh-TW" : "zh-CN") : wished;

  const LINK = 'a.cite[href*="#source="]';
  const narrow = matchMedia("(max-width: 860px)");
  let opener = null;
  let latest = 0;

  async function open(link, { quiet = false } = {}) {
    const [id, start, end] = decodeURIComponent(link.hash.slice("#source=".length)).split(":");
    const query = new URLSearchParams({ document_id: id, start, end });
    const turn = ++latest;
    let html;
    try {
      html = await (await fetch(`page/source?${query}`)).text();
    } catch {
      html = null;
    }
    const room = document.getElementById("source");
    if (turn !== latest || !room) return;
    document.querySelectorAll("a.cite[aria-current]").forEach((e) => e.removeAttribute("aria-current"));
    link.setAttribute("aria-current", "true");
    document.getElementById("rooms").classList.add("has-source");
    if (html === null) room.textContent = document.getElementById("source-hint")?.innerText ?? "";
    else room.innerHTML = html;
    const text = room.querySelector("article");
    const mark = room.querySelector("mark");
    if (text?.contains(mark)) {
      const down = mark.getBoundingClientRect().top - text.getBoundingClientRect().top;
      text.scrollTop = Math.max(0, down - text.clientHeight / 3);
    }
    if (quiet) return;
    opener = link;
    room.focus({ preventScroll: true });
    if (narrow.matches) (mark ?? room).scrollIntoView({ block: "center", behavior: "smooth" });
  }

  document.addEventListener(
    "click",
    (event) => {
      const link = event.target.closest?.(LINK);
      if (!link) return;
      event.preventDefault();
      event.stopPropagation();
      open(link);
    },
    true,
  );

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !opener?.isConnected) return;
    if (!document.getElementById("source")?.contains(document.activeElement)) return;
    opener.focus();
    if (narrow.matches) opener.scrollIntoView({ block: "center" });
  });

  // Gradio reads a message's HTML out as its label, and leaves its send button without a name.
  new MutationObserver(() => {
    document
      .querySelectorAll('#chat [data-testid="bot"][aria-label], #chat [data-testid="user"][aria-label]')
      .forEach((e) => e.removeAttribute("aria-label"));
    const send = document.querySelector("#question .submit-button:not([aria-label])");
    const name = document.querySelector("#question [data-testid=block-info]")?.textContent.trim();
    if (send && name) send.setAttribute("aria-label", name);
  }).observe(document.documentElement, {
    attributeFilter: ["aria-label"],
    childList: true,
    subtree: true,
  });

  window.ragbot = {
    // A finished answer shows its first source at once, where there is room for it.
    showFirst() {
      const answers = document.querySelectorAll("#chat .answer");
      const first = answers[answers.length - 1]?.querySelector(LINK);
      if (first && !narrow.matches) open(first, { quiet: true });
    },
    clear() {
      latest++;
      document.getElementById("rooms")?.classList.remove("has-source");
      document.getElementById("source")?.replaceChildren();
    },
  };
})();
