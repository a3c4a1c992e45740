"use strict";
{
  const { body } = document;
  const one = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const make = (tag, className, text) => {
    const element = document.createElement(tag);
    if (className) element.className = className;
    element.textContent = text;
    return element;
  };

  // Nothing that hides or reorders words, as in the rest of the page.
  const visible = (words) => words.replace(/[\p{Cc}\p{Cf}\p{Cs}]/gu, (character) => (character === "\n" ? " " : ""));

  const articleId = JSON.parse(body.dataset.article);
  const { correctionsUrl, fileName } = body.dataset;
  const stored = `summarizer corrections ${articleId}`;
  const text = one(".article");
  const list = one(".claims");
  const form = one("#correction");
  const filters = { who: one("#filter-who"), stance: one("#filter-stance"), measure: one("#filter-measure") };
  const stances = [...form.elements.stance.options].map((option) => option.value);
  const measures = [...form.elements.measure.options].map((option) => option.value);

  const claims = new Map();
  for (const card of all(".claim")) {
    const given = card.dataset.correction ? JSON.parse(card.dataset.correction) : null;
    claims.set(card.id, {
      anchor: card.id,
      card,
      id: JSON.parse(card.dataset.id),
      label: one("a.id", card).lastChild.textContent,
      key: card.dataset.key,
      who: card.dataset.who.split(" "),
      given,
      correction: given,
      sentences: [],
      chips: [],
      marks: [],
    });
  }
  const claimsIn = new Map();
  for (const element of all(".sentence:has(.chip)")) {
    const chips = all(".chip", element);
    const here = chips.map((chip) => claims.get(chip.hash.slice(1)));
    here.forEach((claim, place) => {
      claim.sentences.push(element);
      claim.chips.push(chips[place]);
    });
    claimsIn.set(element, here);
  }
  for (const mark of all("mark[data-quoted-by]", text)) {
    for (const anchor of mark.dataset.quotedBy.split(" ")) claims.get(anchor).marks.push(mark);
  }

  const stanceOf = (claim) => claim.correction?.stance ?? claim.card.dataset.stance;
  const measureOf = (claim) => claim.correction?.measure ?? claim.card.dataset.measure;
  const isWrong = (claim) => Boolean(claim.correction?.wrong);
  const saysSomething = (correction) =>
    Boolean(correction && (correction.wrong || correction.stance || correction.measure || correction.note));

  // Choosing: a claim, its sentences and the quote in them.

  let chosen = null;
  // A sentence that was asked for itself, not with a claim.
  let pointed = null;

  function choose(claim) {
    if (!fits(claim)) resetFilters();
    chooseNothing();
    chosen = claim;
    showChosen(claim, true);
    const numbers = claim.sentences.map((sentence) => one(".number", sentence).textContent);
    one("#chosen").textContent = `Claim ${claim.label} chosen, sentence ${numbers.join(", ")} marked in the article`;
    setAddress(claim.anchor);
  }

  function chooseNothing() {
    if (chosen) showChosen(chosen, false);
    pointed?.classList.remove("chosen");
    chosen = pointed = null;
  }

  function point(sentence) {
    chooseNothing();
    pointed = sentence;
    sentence.classList.add("chosen");
    one("#chosen").textContent = `Sentence ${one(".number", sentence).textContent} marked in the article`;
    setAddress(sentence.id);
  }

  // Whoever goes back leaves the page: claims that were looked at are no places to go through again.
  function setAddress(anchor) {
    if (location.hash !== `#${anchor}`) history.replaceState(null, "", `#${anchor}`);
  }

  function showChosen(claim, is) {
    for (const element of [claim.card, ...claim.sentences, ...claim.marks]) element.classList.toggle("chosen", is);
    for (const element of [claim.card, ...claim.chips]) {
      if (is) element.setAttribute("aria-current", "true");
      else element.removeAttribute("aria-current");
    }
  }

  // In two columns the article scrolls on its own, so that the claim stays where it is.
  const isBeside = () => getComputedStyle(text).position === "sticky";

  function showInText(element) {
    if (!element) return;
    if (isBeside()) {
      const middle = (text.clientHeight - Math.min(element.offsetHeight, text.clientHeight / 2)) / 2;
      text.scrollTop += element.getBoundingClientRect().top - text.getBoundingClientRect().top - middle;
      element.scrollIntoView({ block: "nearest" });
    } else {
      element.scrollIntoView({ block: "center" });
    }
  }

  function showCard(claim) {
    claim.card.scrollIntoView({ block: "nearest" });
    claim.card.focus({ preventScroll: true });
  }

  function chooseFromCard(claim) {
    choose(claim);
    if (isBeside()) showInText(claim.marks[0] ?? claim.sentences[0]);
  }

  function chooseFromText(claim) {
    choose(claim);
    showCard(claim);
  }

  function chooseFromAnywhere(claim) {
    choose(claim);
    if (isBeside()) showInText(claim.marks[0] ?? claim.sentences[0]);
    showCard(claim);
  }

  function followLink(link) {
    const anchor = link.hash.slice(1);
    const claim = claims.get(anchor);
    const card = link.closest(".claim");
    if (claim && card) chooseFromCard(claim);
    else if (claim && link.closest(".sentence")) chooseFromText(claim);
    else if (claim) {
      const row = link.matches(".heat .stance") && link.closest("tr");
      if (row) setFilters({ who: row.dataset.who, measure: measureOf(claim) });
      chooseFromAnywhere(claim);
    } else {
      const sentence = document.getElementById(anchor);
      if (!sentence?.matches(".sentence")) return false;
      if (card) choose(claims.get(card.id));
      else point(sentence);
      showInText(sentence);
      sentence.focus({ preventScroll: true });
    }
    return true;
  }

  document.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    const link = event.target.closest("a[href^='#']");
    if (link) {
      if (followLink(link)) event.preventDefault();
      return;
    }
    // A click that only ends or drops a selection of words chooses nothing.
    if (!getSelection().isCollapsed || event.target.closest("button, form, a")) return;
    const card = event.target.closest(".claim");
    if (card) chooseFromCard(claims.get(card.id));
    const here = (claimsIn.get(event.target.closest(".sentence")) ?? []).filter(fits);
    if (here.length) chooseFromText(here[(here.indexOf(chosen) + 1) % here.length]);
  });

  list.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("form, button")) return;
    const card = event.target.closest(".claim");
    if (!card) return;
    if (event.key === " " || (event.key === "Enter" && event.target === card)) {
      const isElsewhere = event.target.matches("a") && !event.target.matches(".id");
      if (isElsewhere) return;
      event.preventDefault();
      chooseFromCard(claims.get(card.id));
    } else if (event.key === "j" || event.key === "k") {
      const shown = all(".claim:not([hidden])", list);
      const next = claims.get(shown[shown.indexOf(card) + (event.key === "j" ? 1 : -1)]?.id);
      if (next) chooseFromAnywhere(next);
    }
  });

  function chooseFromAddress() {
    const anchor = location.hash.slice(1);
    const claim = claims.get(anchor);
    const sentence = document.getElementById(anchor);
    if (claim && claim !== chosen) chooseFromAnywhere(claim);
    if (sentence?.matches(".sentence")) {
      point(sentence);
      showInText(sentence);
    }
  }
  addEventListener("hashchange", chooseFromAddress);

  // Filters

  function fits(claim) {
    const { who, stance, measure } = filters;
    return (
      (!who.value || claim.who.includes(who.value)) &&
      (!stance.value || stance.value === stanceOf(claim)) &&
      (!measure.value || measure.value === measureOf(claim))
    );
  }

  function setFilters(values) {
    for (const [name, select] of Object.entries(filters)) select.value = values[name] ?? "";
    applyFilters();
  }
  const resetFilters = () => setFilters({});

  function applyFilters() {
    let counted = 0;
    let fitting = 0;
    for (const claim of claims.values()) {
      const is = fits(claim);
      claim.card.hidden = !is;
      for (const chip of claim.chips) chip.hidden = !is;
      if (isWrong(claim)) continue;
      counted += 1;
      if (is) fitting += 1;
    }
    for (const [element, here] of claimsIn) {
      const held = here.filter((claim) => fits(claim) && !isWrong(claim)).map(stanceOf);
      const [first, second] = new Set(held);
      for (const name of [...element.classList]) if (/^(stance|also)-/.test(name)) element.classList.remove(name);
      if (first) element.classList.add(`stance-${first}`);
      if (second) element.classList.add(`also-${second}`);
    }
    const wrong = claims.size - counted;
    one("#count").textContent =
      `${fitting} of ${counted} claim${counted === 1 ? "" : "s"}` + (wrong ? `, ${wrong} marked wrong` : "");
    one("#reset").disabled = !Object.values(filters).some((select) => select.value);
  }

  for (const select of Object.values(filters)) select.addEventListener("change", applyFilters);
  one("#reset").addEventListener("click", () => {
    resetFilters();
    filters.who.focus();
  });

  // Citations

  list.addEventListener("click", async (event) => {
    const button = event.target.closest(".copy");
    if (!button) return;
    const said = one(".said", button.parentElement);
    const { citation } = button.dataset;
    try {
      await navigator.clipboard.writeText(citation);
      said.textContent = `Copied: ${citation}`;
    } catch {
      said.textContent = citation;
      getSelection().selectAllChildren(said);
    }
  });

  // Corrections: kept by the server where there is one, else by the browser, else as long as the page is open.

  function showCorrection(claim) {
    const { card, correction } = claim;
    const wrong = isWrong(claim);
    showValue(claim, "stance", stanceOf(claim), true);
    showValue(claim, "measure", measureOf(claim), false);
    for (const element of [card, ...claim.chips]) {
      element.classList.toggle("wrong", wrong);
      for (const stance of stances) element.classList.toggle(`stance-${stance}`, stance === stanceOf(claim));
    }
    for (const chip of claim.chips) one(".unseen", chip).textContent = ` ${stanceOf(claim)}, claim `;
    one(".correction .verdict", card).textContent = wrong ? "Marked wrong." : "";
    one(".correction .note", card).textContent = visible(correction?.note ?? "");
    one(".correction", card).hidden = !(wrong || correction?.note);
    for (const [select, value] of [[filters.stance, stanceOf(claim)], [filters.measure, measureOf(claim)]]) {
      if (![...select.options].some((option) => option.text === value)) select.append(make("option", "", value));
    }
  }

  function showValue(claim, field, now, isStance) {
    const given = claim.card.dataset[field];
    const value = one(`[data-field=${field}]`, claim.card);
    const word = (tag, label) => make(tag, isStance ? `stance stance-${label}` : "", label);
    const arrow = make("span", "", " → ");
    arrow.ariaHidden = "true";
    value.replaceChildren(
      ...(given === now
        ? [word("span", now)]
        : [
            make("span", "unseen", "given as "),
            word("del", given),
            make("span", "unseen", ", corrected to "),
            arrow,
            word("ins", now),
          ]),
    );
  }

  function showPositions() {
    const counting = [...claims.values()].filter((claim) => !isWrong(claim));
    const used = measures.filter((measure) => counting.some((claim) => measureOf(claim) === measure));
    const head = used.map((measure) => make("th", "", measure));
    for (const cell of head) cell.scope = "col";
    one(".heat thead tr")?.replaceChildren(make("td", "", ""), ...head);
    for (const row of all(".heat tbody tr")) {
      const held = counting.filter((claim) => claim.who.includes(row.dataset.who));
      row.hidden = !held.length;
      const cells = used.map((measure) => {
        const here = held.filter((claim) => measureOf(claim) === measure);
        const cell = make("td", "", "");
        cell.append(...[...new Set(here.map(stanceOf))].map((stance) => heldOf(stance, here)));
        return cell;
      });
      row.replaceChildren(one("th", row), ...cells);
    }
  }

  function heldOf(stance, here) {
    const block = make("div", `held stance-${stance}`, "");
    const holding = here.filter((claim) => stanceOf(claim) === stance);
    const link = (className, label, claim) => {
      const element = make("a", className, label);
      element.href = `#${claim.anchor}`;
      return element;
    };
    block.append(link(`stance stance-${stance}`, stance, holding[0]));
    if (holding.length > 1) for (const claim of holding) block.append(" ", link("ref", claim.label, claim));
    return block;
  }

  function showSummary() {
    for (const line of all(".summary li")) {
      const cited = all(".ref", line).map((link) => claims.get(link.hash.slice(1)));
      const changed = ({ wrong, stance, measure } = {}) => JSON.stringify([Boolean(wrong), stance, measure]);
      const isOutdated = cited.some((claim) => changed(claim.correction ?? {}) !== changed(claim.given ?? {}));
      line.classList.toggle("outdated", isOutdated);
      one(".outdated-note", line)?.remove();
      if (isOutdated) line.append(make("span", "outdated-note faint", " (a claim that this rests on was corrected)"));
    }
  }

  function showCorrections() {
    applyFilters();
    showPositions();
    showSummary();
    showDownload();
  }

  function showDownload() {
    const kept = keptCorrections();
    const button = one("#download");
    button.hidden = Boolean(correctionsUrl) || !kept.length;
    button.textContent = `Download corrections (${kept.length})`;
  }

  // One that says nothing stays where it takes back what the report came with.
  const isKept = ({ correction, given }) => Boolean(saysSomething(correction) || (correction && given));
  const keptCorrections = () => [...claims.values()].filter(isKept).map((claim) => claim.correction);

  function isCorrectionOf(claim, found) {
    return (
      found?.claim_key === claim.key &&
      found.article === articleId &&
      [null, ...stances].includes(found.stance) &&
      [null, ...measures].includes(found.measure) &&
      typeof found.wrong === "boolean" &&
      (found.note === null || typeof found.note === "string") &&
      !Number.isNaN(Date.parse(found.made_at))
    );
  }

  function readStored() {
    try {
      const found = JSON.parse(localStorage.getItem(stored));
      return Array.isArray(found) ? found : [];
    } catch {
      return [];
    }
  }

  function takeStored() {
    const found = readStored();
    if (!found.length) return;
    for (const claim of claims.values()) {
      const mine = found.find((correction) => isCorrectionOf(claim, correction));
      if (!mine || (claim.given && Date.parse(claim.given.made_at) >= Date.parse(mine.made_at))) continue;
      const { article, claim_key, wrong, stance, measure, note, made_at } = mine;
      claim.correction = { article, claim: claim.id, claim_key, wrong, stance, measure, note, made_at };
      showCorrection(claim);
    }
    showCorrections();
  }

  // Other tabs, and other reports on the article, keep theirs in the same place.
  function store(claim) {
    const others = readStored().filter((correction) => correction?.claim_key !== claim.key);
    const mine = isKept(claim) ? [claim.correction] : [];
    try {
      localStorage.setItem(stored, JSON.stringify([...others, ...mine]));
    } catch {
      // Not every browser lets a file keep something; then the page itself does.
    }
  }

  function readForm(claim) {
    const wrong = form.elements.wrong.checked;
    const other = (name) => {
      const value = form.elements[name].value;
      return wrong || value === claim.card.dataset[name] ? null : value;
    };
    return {
      article: articleId,
      claim: claim.id,
      claim_key: claim.key,
      wrong,
      stance: other("stance"),
      measure: other("measure"),
      note: form.elements.note.value.trim() || null,
      made_at: new Date().toISOString(),
    };
  }

  async function send(claim, correction) {
    if (!correctionsUrl) return;
    const headers = { "Content-Type": "application/json" };
    const request = saysSomething(correction)
      ? [correctionsUrl, { method: "POST", headers, body: JSON.stringify(correction) }]
      : [`${correctionsUrl}/${encodeURIComponent(claim.id)}`, { method: "DELETE" }];
    let reply;
    try {
      reply = await fetch(...request);
    } catch {
      throw new Error("Not kept: the server can't be reached.");
    }
    if (!reply.ok) throw new Error(`Not kept: ${errorText(await reply.text()) || reply.statusText || reply.status}`);
  }

  function errorText(reply) {
    try {
      const { error } = JSON.parse(reply);
      return error?.message ?? error ?? reply;
    } catch {
      return reply;
    }
  }

  async function correct(claim, correction) {
    const said = one(".said", claim.card);
    const isOpen = () => form.parentElement === claim.card;
    one(".problem", form).textContent = said.textContent = "";
    try {
      await send(claim, correction);
    } catch (error) {
      (isOpen() ? one(".problem", form) : said).textContent = error.message;
      return;
    }
    claim.correction = correctionsUrl && !saysSomething(correction) ? null : correction;
    if (!correctionsUrl) store(claim);
    showCorrection(claim);
    showCorrections();
    if (isOpen()) closeForm();
    said.textContent = saysSomething(correction) ? "Correction kept." : "Correction undone.";
    if (!fits(claim)) goOnFrom(claim);
  }

  // As corrected the claim is none of those asked for: it is gone, and what had the focus with it.
  function goOnFrom({ card, label }) {
    one("#chosen").textContent = `Claim ${label} doesn't fit the filters any more`;
    if (document.activeElement !== body) return;
    const cards = all(".claim", list);
    const next = cards.slice(cards.indexOf(card)).find((other) => !other.hidden);
    (next ?? filters.who).focus();
  }

  function openForm(claim) {
    closeForm();
    const { wrong, stance, measure, note } = form.elements;
    claim.card.append(form);
    wrong.checked = isWrong(claim);
    stance.value = stanceOf(claim);
    measure.value = measureOf(claim);
    stance.disabled = measure.disabled = wrong.checked;
    note.value = claim.correction?.note ?? "";
    form.elements.undo.disabled = !saysSomething(claim.correction);
    one(".problem", form).textContent = "";
    form.hidden = false;
    one(".correct", claim.card).ariaExpanded = "true";
    wrong.focus();
  }

  function closeForm() {
    const button = one(".correct", form.closest(".claim") ?? form);
    form.hidden = true;
    if (!button) return;
    button.ariaExpanded = "false";
    if (form.contains(document.activeElement) || document.activeElement === body) button.focus();
    one(".found").append(form);
  }

  const corrected = () => claims.get(form.closest(".claim").id);
  list.addEventListener("click", (event) => {
    const button = event.target.closest(".correct");
    if (!button) return;
    if (button.ariaExpanded === "true") closeForm();
    else openForm(claims.get(button.closest(".claim").id));
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    correct(corrected(), readForm(corrected()));
  });
  form.elements.wrong.addEventListener("change", ({ target }) => {
    form.elements.stance.disabled = form.elements.measure.disabled = target.checked;
  });
  form.elements.undo.addEventListener("click", () => {
    const nothing = { wrong: false, stance: null, measure: null, note: null };
    correct(corrected(), { ...readForm(corrected()), ...nothing });
  });
  form.elements.close.addEventListener("click", closeForm);
  form.addEventListener("keydown", (event) => {
    if (event.key === "Escape") closeForm();
  });

  one("#download").addEventListener("click", () => {
    const content = JSON.stringify({ schema_version: 1, corrections: keptCorrections() }, null, 2);
    const link = make("a", "", "");
    link.href = URL.createObjectURL(new Blob([`${content}\n`], { type: "application/json" }));
    link.download = fileName;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  });

  // The beginning

  document.documentElement.classList.add("scripted");
  for (const element of all(".keys, .filters, .claim .tools")) element.hidden = false;
  applyFilters();
  showDownload();
  if (!correctionsUrl) takeStored();
  chooseFromAddress();
}
