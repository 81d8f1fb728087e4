// The conversations that this browser has had: kept in it, and opened again.
(() => {
  "use strict";

  const KEPT = "ragbot.conversations"; // all of them, the newest first
  const CURRENT = "ragbot.conversation"; // the id of the one in this tab: a reload goes on with it
  const MOST = 50;
  const MOST_SENT = 4_000_000; // bytes of answers; the server takes a little more in one request

  const all = () => {
    try {
      return (JSON.parse(localStorage.getItem(KEPT)) ?? []).filter((one) => one.answers?.length);
    } catch {
      return [];
    }
  };
  const write = (kept) => {
    // A browser has some five megabytes for us; the oldest make room.
    for (let most = Math.min(kept.length, MOST); most >= 0; most--) {
      try {
        return localStorage.setItem(KEPT, JSON.stringify(kept.slice(0, most)));
      } catch {
        continue;
      }
    }
  };
  // The newest answers of a conversation that one request can bring back to the server.
  const fitting = (one) => {
    let first = one.answers.length;
    for (let size = 0; first > 0; first--) {
      size += new TextEncoder().encode(JSON.stringify(one.answers[first - 1])).length + 1;
      if (size > MOST_SENT) break;
    }
    return { ...one, answers: one.answers.slice(first) };
  };
  const current = (id) => {
    try {
      if (id === undefined) return sessionStorage.getItem(CURRENT);
      sessionStorage.setItem(CURRENT, id);
    } catch {
      return null; // a browser that keeps nothing
    }
  };

  const dialog = () => document.getElementById("history");
  let wanted = null;

  function show() {
    const [list, empty] = ["ul", ".empty"].map((part) => dialog().querySelector(part));
    const kept = all();
    empty.hidden = kept.length > 0;
    list.replaceChildren(
      ...kept.map(({ id, when, answers }) => {
        const row = document.createElement("li");
        const open = Object.assign(document.createElement("button"), { type: "button", className: "open" });
        const time = Object.assign(document.createElement("time"), {
          dateTime: when,
          textContent: new Date(when).toLocaleString(document.documentElement.lang, { dateStyle: "short", timeStyle: "short" }),
        });
        open.append(Object.assign(document.createElement("span"), { textContent: answers[0].question }), time);
        Object.assign(open.dataset, { do: "open", id });
        if (id === current()) open.setAttribute("aria-current", "true");
        const remove = Object.assign(document.createElement("button"), { type: "button", textContent: list.dataset.remove });
        remove.setAttribute("aria-label", `${list.dataset.remove} ${answers[0].question}`);
        Object.assign(remove.dataset, { do: "remove", id });
        row.append(open, remove);
        return row;
      }),
    );
  }

  const acts = {
    open({ id }) {
      wanted = id;
      dialog().close();
      document.getElementById("back").click();
    },
    remove({ id }) {
      write(all().filter((one) => one.id !== id));
      if (id === current()) current("");
      show();
    },
    close: () => dialog().close(),
  };

  document.addEventListener("click", (event) => {
    const target = event.target.closest?.("#history [data-do]");
    if (target) acts[target.dataset.do](target.dataset);
  });

  Object.assign(window.ragbot, {
    async showHistory() {
      await this.open("history");
      show();
    },
    // After every answer.
    async keep() {
      // A quick reader has an answer before the page knows its conversation's name.
      while (!this.token()) await new Promise((wake) => setTimeout(wake, 100));
      const response = await fetch(`page/conversation/${this.token()}`).catch(() => null);
      if (!response?.ok) return;
      const now = await response.json();
      if (!now.answers.length) return;
      current(now.id);
      write([{ ...fitting(now), when: new Date().toISOString() }, ...all().filter(({ id }) => id !== now.id)]);
    },
    last() {
      const found = all().find(({ id }) => id === current());
      return found ? fitting(found) : null;
    },
    chosen() {
      this.clear();
      current(wanted ?? "");
      return this.last();
    },
    fresh() {
      this.clear();
      current("");
      return null;
    },
  });
})();
