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
    const place = link.hash.slice("#source=".length).split(":").map(decodeURIComponent);
    const [id, start, end, index, first, last] = place;
    const query = new URLSearchParams({ document_id: id, start, end, index: index ?? "" });
    if (last) for (const [name, at] of [["answer_start", first], ["answer_end", last]]) query.set(name, at);
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

  const token = () => document.querySelector("#token [data-token]")?.dataset.token;

  // What is on the page but not Gradio's: votes, exports, copies, the documents.
  document.addEventListener(
    "click",
    async (event) => {
      const target = event.target.closest?.("a.tool, a[data-export], button.copy, #documents [data-do]");
      if (!target) return;
      event.preventDefault();
      event.stopPropagation();
      if (target.hash === "#retry") {
        document.getElementById("retry").click();
      } else if (target.hash?.startsWith("#again=")) {
        const asked = target.closest(".bot-row, .message-row")?.previousElementSibling?.querySelector(".asked");
        const box = document.querySelector("#question textarea");
        box.value = asked?.innerText ?? "";
        box.dispatchEvent(new Event("input", { bubbles: true }));
        box.focus();
      } else if (target.matches("a.tool")) {
        const [verdict, number] = target.hash.slice("#vote=".length).split(":");
        const said = await fetch(`page/feedback/${token()}/${number}/${verdict}`, { method: "POST" });
        target.parentElement.textContent = await said.text();
      } else if (target.matches("a[data-export]")) {
        const link = Object.assign(document.createElement("a"), {
          href: `page/export/${token()}.${target.dataset.export}`,
          download: "",
        });
        link.click();
      } else if (target.matches("button.copy")) {
        await navigator.clipboard.writeText(target.dataset.copy);
        target.textContent = target.dataset.done;
      } else {
        await documents[target.dataset.do](target);
      }
    },
    true,
  );

  // The map of an answer's passages is drawn when it is looked at.
  document.addEventListener(
    "toggle",
    (event) => {
      const picture = event.target.open && event.target.querySelector?.("figure img:not([src])");
      const again = picture && event.target.parentElement.querySelector('a[href^="#again="]');
      if (again) picture.src = `page/map/${token()}/${again.hash.split("=")[1]}`;
    },
    true,
  );

  // The documents of the collection that is chosen, in a dialog.
  const documents = {
    get dialog() { return document.getElementById("documents"); },
    get content() { return this.dialog.querySelector(".content"); },
    get listing() { return this.dialog.querySelector(".listing"); },
    get index() { return document.querySelector("#index input")?.value ?? ""; },
    query() { return this.index ? `?${new URLSearchParams({ index: this.index })}` : ""; },

    say(...lines) {
      const room = this.dialog.querySelector(".said");
      room?.replaceChildren(
        ...lines.map((line) => Object.assign(document.createElement("p"), { textContent: line })),
      );
    },
    async show(...lines) {
      this.content.innerHTML = await (await fetch(`page/documents${this.query()}`)).text();
      this.say(...lines);
      if (this.listing?.dataset.running === "true") this.watch();
    },
    async call(path, options) {
      try {
        const response = await fetch(path, options);
        const body = await response.json();
        return response.ok ? body : { error: body.error };
      } catch (error) {
        return { error: String(error) };
      }
    },
    async upload(files) {
      const failed = [];
      for (const file of files) {
        this.say(`${this.listing.dataset.uploading} ${file.name}`);
        const name = encodeURIComponent(file.name);
        const { error } = await this.call(`api/documents/${name}${this.query()}`, { method: "PUT", body: file });
        if (error) failed.push(error);
      }
      await this.show(...(failed.length ? failed : [this.listing.dataset.pending]));
    },
    async remove(button) {
      const name = encodeURIComponent(button.dataset.name);
      const { error } = await this.call(`api/documents/${name}${this.query()}`, { method: "DELETE" });
      await this.show(...(error ? [error] : []));
    },
    async rebuild() {
      const body = JSON.stringify(this.index ? { index: this.index } : {});
      const headers = { "Content-Type": "application/json" };
      const done = this.call("api/rebuild", { method: "POST", body, headers });
      this.watch();
      const report = await done;
      if (report.error) return this.show(report.error);
      const counts = report.documents;
      const line = this.listing.dataset.report.replace(/\{(\w+)\}/g, (_, name) => counts[name]);
      await this.show(line, ...report.failures.map((one) => `${one.document}: ${one.reason}`));
    },
    async cancel() { await this.call(`api/rebuild${this.query()}`, { method: "DELETE" }); },
    async watch() {
      const bar = this.dialog.querySelector("progress");
      const parts = [bar, this.dialog.querySelector("[data-do=cancel]")];
      const start = this.dialog.querySelector("[data-do=rebuild]");
      if (!bar) return;
      parts.forEach((part) => (part.hidden = false));
      start.disabled = true;
      for (let idle = 0; idle < 3 && bar.isConnected; ) {
        await new Promise((wake) => setTimeout(wake, 400));
        const now = await this.call(`api/rebuild${this.query()}`);
        idle = now.running ? 0 : idle + 1;
        if (now.total) bar.value = now.done / now.total;
        const left = now.remaining == null ? "" : this.listing?.dataset.eta.replace("{n}", Math.ceil(now.remaining));
        const eta = this.dialog.querySelector(".eta");
        if (eta) eta.textContent = left ?? "";
      }
      if (!bar.isConnected) return;
      parts.forEach((part) => (part.hidden = true));
      start.disabled = false;
    },
    async new(button) {
      const name = prompt(button.textContent);
      if (!name) return;
      const headers = { "Content-Type": "application/json" };
      const { error } = await this.call("api/indexes", { method: "POST", headers, body: JSON.stringify({ name }) });
      if (error) this.say(error);
      else location.reload();
    },
    close() { this.dialog.close(); },
  };

  document.addEventListener("change", (event) => {
    if (event.target.id === "upload") documents.upload([...event.target.files]);
  });
  for (const kind of ["dragover", "drop"]) {
    document.addEventListener(kind, (event) => {
      if (!event.target.closest?.("#documents")) return;
      event.preventDefault();
      if (kind === "drop" && document.getElementById("upload")) documents.upload([...event.dataTransfer.files]);
    });
  }

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
    // Its children are buttons, and a list may have list items only.
    document.querySelector('#chat .examples[role="list"]')?.removeAttribute("role");
    const links = document.querySelector("#export .export");
    if (links) links.hidden = !document.querySelector("#chat .places, #chat .refused");
    const send = document.querySelector("#question .submit-button:not([aria-label])");
    const name = document.querySelector("#question [data-testid=block-info]")?.textContent.trim();
    if (send && name) send.setAttribute("aria-label", name);
  }).observe(document.documentElement, {
    attributeFilter: ["aria-label"],
    childList: true,
    subtree: true,
  });

  window.ragbot = {
    token,
    // A quick reader clicks before the page has its dialogs.
    async open(id) {
      while (!document.getElementById(id)) await new Promise((wake) => setTimeout(wake, 50));
      document.getElementById(id).showModal();
    },
    async showDocuments() {
      await this.open("documents");
      await documents.show();
    },
    answered() {
      this.keep();
      // A finished answer shows its first source at once, where there is room for it.
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
