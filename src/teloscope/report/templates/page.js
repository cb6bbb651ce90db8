"use strict";
// Numbers under the pointer, and the replay. Text from the world and the agent is only ever set as textContent.
(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const CELL = 20, FRAME_MS = 220;
  // Role of a regime -> whether being in it is good (null: neither), and what is said of an episode that is, or isn't.
  const OUTCOMES = { goal: [null, ["reached", "not reached"]], want: [true, ["kept", "missed"]], avoid: [false, ["came about", "avoided"]] };
  const byId = (id) => document.getElementById(id);

  function element(name, attributes = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }
  function drawn(name, attributes = {}) {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  }

  // ---- numbers under the pointer -------------------------------------------------------------------------------
  const tip = byId("tip");
  function showTip(event) {
    const from = event.target instanceof Element ? event.target.closest("[data-tip]") : null;
    tip.hidden = from === null;
    if (from === null) return;
    tip.textContent = from.getAttribute("data-tip");
    const box = tip.getBoundingClientRect(), width = document.documentElement.clientWidth;
    tip.style.left = Math.max(4, Math.min(event.clientX - box.width / 2, width - box.width - 4)) + "px";
    tip.style.top = (event.clientY > box.height + 24 ? event.clientY - box.height - 14 : event.clientY + 18) + "px";
  }
  document.addEventListener("pointermove", showTip, { passive: true });
  document.addEventListener("pointerdown", showTip, { passive: true });
  document.addEventListener("scroll", () => { tip.hidden = true; }, { passive: true });
  addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((d) => { d.open = true; }));

  // ---- replay --------------------------------------------------------------------------------------------------
  const scenes = JSON.parse(byId("replay-json").textContent);
  if (!scenes || !scenes.episodes.length) return;
  const select = byId("episode"), slider = byId("step"), play = byId("play"), now = byId("now");
  const shown = { episode: null, maps: [], cells: [], cursors: [], tracks: [], values: [], traces: null };
  const thoughts = byId("thoughts"), unfolded = new Set();
  let timer = 0;

  const flag = scenes.regimes.some((regime) => regime.role === "goal") ? "apart" : "not kept";
  scenes.episodes.forEach((e, i) => {
    const option = element("option", { value: i }, `${e.apart ? flag + " · " : ""}${e.context}, episode ${e.episode}`);
    select.append(option);
  });

  function unrolled(episode) {
    if (!episode.map) return [];
    let cells = Array.from(episode.map);
    return episode.changes.map((change) => {
      cells = cells.slice();
      for (let i = 0; i < change.length; i += 2) cells[change[i]] = change[i + 1];
      return cells;
    });
  }

  function tileOf(char) {
    return scenes.legend[char] || [char, char === " " || char === "." ? "" : "letter"];
  }

  function buildMap(maps) {
    const holder = byId("map-holder");
    holder.replaceChildren();
    shown.cells = [];
    byId("player").querySelector(".stage").classList.toggle("no-map", !maps.length);
    if (!maps.length) return;
    const [width, height] = scenes.size;
    const svg = drawn("svg", { class: "map", viewBox: `0 0 ${width * CELL} ${height * CELL}`, role: "img", "aria-label": "The map at this step" });
    svg.append(drawn("rect", { class: "floor", width: width * CELL, height: height * CELL }));
    for (let i = 0; i < width * height; i++) {
      const group = drawn("g");
      svg.append(group);
      shown.cells.push({ group, char: null });
    }
    holder.append(svg);
  }

  function paintMap(cells) {
    const width = scenes.size[0];
    cells.forEach((char, i) => {
      const cell = shown.cells[i];
      if (!cell || cell.char === char) return;
      cell.char = char;
      cell.group.replaceChildren();
      const [kind, picture] = tileOf(char);
      if (!picture) return;
      const x = (i % width) * CELL, y = Math.floor(i / width) * CELL;
      const use = drawn("use", { href: "#tile-" + picture, x, y, width: CELL, height: CELL });
      cell.group.append(use);
      if (picture === "letter") {
        const text = drawn("text", { class: "letter", x: x + CELL / 2, y: y + CELL / 2 });
        text.textContent = char;
        cell.group.append(text);
      }
      if (picture !== "wall") cell.group.setAttribute("data-tip", kind);
      else cell.group.removeAttribute("data-tip");
    });
  }

  function strip(episode, role, paint) {
    const n = episode.t.length;
    const svg = drawn("svg", { class: "strip strip-" + role, viewBox: `0 0 ${n} 10`, preserveAspectRatio: "none", "aria-hidden": "true" });
    paint(svg, n);
    const cursor = drawn("rect", { class: "cursor", y: -3, width: n / 120, height: 16 });
    cursor.offset = 0.5 - n / 240;
    svg.append(cursor);
    shown.cursors.push(cursor);
    svg.addEventListener("click", (event) => {
      const box = svg.getBoundingClientRect();
      go(Math.floor(((event.clientX - box.left) / box.width) * n));
    });
    return svg;
  }

  // A mode of one condition says itself what its strip shows; any other regime has a strip for each of its parts.
  const one = (regime) => regime.parts.length === 1 && regime.regime.endsWith("(" + regime.parts[0] + ")");

  function buildTracks(episode) {
    shown.tracks = scenes.regimes.map((regime, r) => {
      const state = element("span", { class: "state" });
      const [good, words] = OUTCOMES[regime.role], reached = episode.hits[r];
      const outcome = element("span", { class: "outcome" + (good === null ? "" : reached === good ? " good" : " bad") }, words[reached ? 0 : 1]);
      const head = element("div", { class: "track-head" }, element("span", { class: "role" }, regime.role), element("code", { class: "foreign" }, regime.regime), outcome, state);
      const bars = episode.held[r].flatMap((held, p) => [...(one(regime) ? [] : [element("code", { class: "foreign part" }, regime.parts[p])]), strip(episode, regime.role, (svg, n) => {
        svg.append(drawn("rect", { class: "off", width: n, height: 10 }));
        for (let from = 0; from < n; from++) {
          if (held[from] !== "1") continue;
          let to = from;
          while (to + 1 < n && held[to + 1] === "1") to++;
          svg.append(drawn("rect", { class: "on", x: from, width: to - from + 1, height: 10 }));
          from = to;
        }
        const late = episode.t.findIndex((t) => t >= scenes.late);
        if (late >= 0) svg.append(drawn("rect", { class: "late", x: late, y: -1, width: n - late, height: 12 }));
      })]);
      return { node: element("div", { class: "track" }, head, ...bars), state };
    });
    byId("regimes").replaceChildren(...shown.tracks.map((t) => t.node), ...troubles(episode));
  }

  // ---- what it was told, thought, said and did ------------------------------------------------------------------
  // A line is [kind, how the page puts the kind, text, how a folded text begins, whether it is to be seen at a glance].
  const struck = (trace, kind) => trace.some((l) => scenes.lines[l][4] && scenes.lines[l][0] === kind);

  function troubles(episode) {
    if (!thoughts) return [];
    const counts = [["parsed", "unparsed"], ["gate", "blocked"]]
      .map(([kind, word]) => [word, shown.traces.filter((trace) => struck(trace, kind)).length])
      .filter(([, count]) => count);
    if (!counts.length) return [];
    const said = element("span", { class: "outcome bad" }, counts.map(([word, count]) => `${word} at ${count} ${count === 1 ? "step" : "steps"}`).join(", "));
    const head = element("div", { class: "track-head" }, element("span", { class: "role" }, "replies"), said);
    const bar = strip(episode, "avoid", (svg, n) => {
      svg.append(drawn("rect", { class: "off", width: n, height: 10 }));
      shown.traces.forEach((trace, i) => { if (struck(trace, "parsed") || struck(trace, "gate")) svg.append(drawn("rect", { class: "on", x: i, width: 1, height: 10 })); });
    });
    return [element("div", { class: "track", id: "troubles" }, head, bar)];
  }

  function said(line) {
    const [kind, label, text, beginning, isStruck] = scenes.lines[line];
    let body = element("p", { class: "foreign" }, text);
    if (beginning) {
      const summary = element("summary", { class: "foreign" }, beginning), fold = element("details", {}, summary, body);
      fold.open = unfolded.has(kind);
      summary.addEventListener("click", () => { if (fold.open) unfolded.delete(kind); else unfolded.add(kind); }); // before it folds
      body = fold;
    }
    return element("div", { class: `line line-${kind}` + (isStruck ? " struck" : "") }, element("dt", {}, label), element("dd", {}, body));
  }

  function tell(i) {
    const trace = shown.traces[i];
    thoughts.scrollTop = 0;
    if (trace.length) thoughts.replaceChildren(element("dl", { class: "trace" }, ...trace.map(said)));
    else thoughts.replaceChildren(element("p", { class: "empty" }, "Nothing was told, thought or said at this step."));
  }

  function buildFeatures(episode) {
    shown.values = scenes.features.map((name, f) => {
      const value = element("span", { class: "value" });
      const series = episode.values[f].map((v) => (typeof v === "boolean" ? Number(v) : v));
      const node = element("div", { class: "feature" }, element("code", { class: "foreign" }, name), value);
      if (series.every((v) => typeof v === "number")) {
        const least = Math.min(...series), most = Math.max(...series);
        node.append(strip(episode, "line", (svg) => {
          const points = series.map((v, i) => `${i + 0.5},${most > least ? 9 - (8 * (v - least)) / (most - least) : 5}`);
          svg.append(drawn("polyline", { class: "line", points: points.join(" ") }));
        }));
      }
      return { node, value, f };
    });
    byId("features").replaceChildren(...shown.values.map((v) => v.node));
  }

  function why(episode) {
    const said = episode.why ? episode.why[0].toUpperCase() + episode.why.slice(1) + "." : "";
    byId("why").textContent = said;
    byId("why").classList.toggle("apart", episode.apart);
    const notes = [];
    if (episode.note) notes.push(`${episode.context}: ${episode.note}`);
    if (episode.t[episode.t.length - 1] >= scenes.late) notes.push("framed: the late window");
    else notes.push(`the episode ends before the late window (step ${scenes.late}) and stays in its last state`);
    if (episode.shove !== null) notes.push(`shoved at step ${episode.shove}`);
    byId("track-note").textContent = notes.join("; ") + ".";
  }

  function choose(index, step = 0) {
    stop();
    const episode = scenes.episodes[Math.max(0, Math.min(index, scenes.episodes.length - 1))];
    shown.episode = episode;
    shown.cursors = [];
    shown.maps = unrolled(episode);
    shown.traces = thoughts && scenes.traces[scenes.episodes.indexOf(episode)];
    select.value = String(scenes.episodes.indexOf(episode));
    slider.max = String(episode.t.length - 1);
    buildMap(shown.maps);
    buildTracks(episode);
    buildFeatures(episode);
    why(episode);
    if (!shown.maps.length) byId("all-features").open = true;
    go(step);
  }

  function go(step) {
    const episode = shown.episode, i = Math.max(0, Math.min(Math.trunc(step) || 0, episode.t.length - 1));
    slider.value = String(i);
    const action = episode.actions[i];
    now.replaceChildren(`step ${episode.t[i]} of ${episode.t[episode.t.length - 1]}`, element("span", { class: "action" }, action ? "does: " + action : "the end"));
    slider.setAttribute("aria-valuetext", now.textContent);
    if (shown.maps.length) paintMap(shown.maps[i]);
    if (thoughts) tell(i);
    shown.tracks.forEach((track, r) => {
      const held = episode.held[r].map((part) => part[i] === "1"), count = held.filter(Boolean).length;
      track.state.textContent = held.length > 1 ? `${count} of ${held.length} hold now` : count ? "holds now" : "doesn\u2019t hold now";
      track.state.classList.toggle("held", count > 0);
    });
    shown.cursors.forEach((cursor) => cursor.setAttribute("x", i + cursor.offset));
    shown.values.forEach(({ value, f }) => { const v = episode.values[f][i]; value.textContent = v === null ? "–" : String(v); });
  }

  function stop() {
    clearInterval(timer);
    timer = 0;
    play.textContent = "▶";
    play.setAttribute("aria-label", "Play");
  }
  function toggle() {
    if (timer) return stop();
    if (Number(slider.value) >= Number(slider.max)) go(0);
    play.textContent = "❚❚";
    play.setAttribute("aria-label", "Pause");
    timer = setInterval(() => {
      go(Number(slider.value) + 1);
      if (Number(slider.value) >= Number(slider.max)) stop();
    }, FRAME_MS);
  }

  select.addEventListener("change", () => choose(Number(select.value)));
  slider.addEventListener("input", () => { stop(); go(Number(slider.value)); });
  play.addEventListener("click", toggle);
  byId("player").addEventListener("keydown", (event) => {
    if (event.target.closest("#thoughts")) return; // there, keys scroll and unfold
    const plain = event.target !== slider && event.target !== select;
    const jumps = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };
    if (event.key === " " && event.target !== play && event.target !== select) { event.preventDefault(); toggle(); }
    else if (plain && event.key in jumps) {
      event.preventDefault();
      stop();
      go(Math.max(0, Math.min(Number(slider.value) + jumps[event.key], Number(slider.max))));
    }
  });

  function fromAddress() {
    const asked = new URLSearchParams(location.hash.slice(1));
    choose(Number(asked.get("episode")) || 0, Number(asked.get("step")) || 0);
  }
  addEventListener("hashchange", () => { if (location.hash.includes("episode=")) fromAddress(); });
  byId("player").hidden = false;
  if (thoughts) byId("player").querySelector(".stage").classList.add("with-thoughts");
  fromAddress();
})();
