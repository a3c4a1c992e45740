"use strict";
// The page reads the same without this: filters only hide.
{
  const form = document.getElementById("filters");
  const status = form.querySelector("output");
  const items = [...document.querySelectorAll("[data-item]")];
  const groups = [...document.querySelectorAll("[data-group]")].reverse();
  const sections = [...document.querySelectorAll("[data-section]")].filter((one) => one.querySelector("[data-item]"));
  const claims = items.filter((item) => item.classList.contains("claim"));
  // What has one claim says nothing of itself: what it is about stands at its claim, a timeline's actor at the timeline.
  const about = (item) => {
    if ("measures" in item.dataset) return item;
    const link = item.matches("a") ? item : item.querySelector("a.cite");
    return document.getElementById(link.getAttribute("href").slice(1));
  };
  const tokens = new Map(
    items.map((item) => {
      const source = about(item);
      const { protects, measures, stances, new: fresh } = source.dataset;
      const { actors } = (item.closest("[data-actors]") ?? source).dataset;
      return [item, { actor: actors.split(" "), protects: [protects], measure: [measures], stance: stances.split(" "), isNew: fresh !== undefined }];
    }),
  );

  for (const section of sections) {
    const nothing = document.createElement("p");
    nothing.className = "nothing off";
    nothing.textContent = "Nothing here fits the filters.";
    section.querySelector("h2").after(nothing);
  }

  function filter() {
    const asked = ["actor", "protects", "measure", "stance"].map((name) => [name, form.elements[name]?.value]).filter(([, value]) => value);
    const onlyNew = Boolean(form.elements.new?.checked);
    const fits = (item) =>
      (!onlyNew || tokens.get(item).isNew) && asked.every(([name, value]) => tokens.get(item)[name].includes(value));
    for (const item of items) item.classList.toggle("off", !fits(item));
    // Inner groups come first: a group is off when nothing in it is on.
    const isOn = (part) => part.querySelector("[data-item]:not(.off)") !== null;
    for (const group of groups) group.classList.toggle("off", (asked.length > 0 || onlyNew) && !isOn(group));
    for (const section of sections) section.querySelector(".nothing").classList.toggle("off", isOn(section));
    document.documentElement.classList.toggle("filtered", asked.length > 0 || onlyNew);
    const shown = claims.filter((claim) => !claim.classList.contains("off")).length;
    status.textContent = shown === claims.length ? `${claims.length} claims` : `${shown} of ${claims.length} claims`;
  }

  // Whoever follows a link sees where it leads, whatever the filters say.
  function reveal() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (let part = target; part; part = part.parentElement) part.classList.remove("off");
    target?.scrollIntoView();
  }

  form.addEventListener("input", filter);
  form.addEventListener("reset", () => setTimeout(filter));
  form.addEventListener("submit", (event) => event.preventDefault());
  window.addEventListener("hashchange", reveal);
  // What is new is at the right: where a timeline is wider than the screen, it starts there.
  for (const table of document.querySelectorAll(".timeline")) table.parentElement.scrollLeft = table.scrollWidth;
  form.hidden = false;
  filter();
}
