// Follows a job: shows each claim as it is verified, and the report when it is done.
"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const job = byId("job");
  if (!job || job.dataset.ended === "yes") return;
  const status = byId("status"), progress = byId("progress"), claims = byId("claims");
  const events = new EventSource(job.dataset.events);

  let last = { words: status.textContent, share: progress.hidden ? null : progress.value };
  const show = (said) => {
    last = said;
    if (status.textContent !== said.words) status.textContent = said.words;
    progress.hidden = said.share === null;
    if (said.share !== null) progress.value = said.share;
    if (said.title) {
      byId("title").textContent = said.title;
      document.title = `${said.title} – summarizer`;
    }
  };
  events.addEventListener("status", (event) => show(JSON.parse(event.data)));
  events.addEventListener("claim", (event) => {
    claims.insertAdjacentHTML("beforeend", JSON.parse(event.data).html);
    byId("count").textContent = claims.children.length;
  });
  events.addEventListener("end", (event) => {
    const said = JSON.parse(event.data);
    events.close();
    show(said);
    if (said.report) {
      location.replace(said.report);
      return;
    }
    if (said.status === "failed") status.className = "failure";
    progress.hidden = true;
    byId("cancel").remove();
    const link = document.createElement("a");
    link.href = "/";
    link.textContent = "Summarize another article";
    job.append(link);
  });
  events.addEventListener("open", () => show(last));
  events.addEventListener("error", () => {
    if (events.readyState === EventSource.CLOSED) {
      status.className = "failure";
      status.textContent = "The server doesn’t know this article any more. Start it again from the start page.";
    } else {
      status.textContent = "The connection to the server is gone; trying again.";
    }
  });
})();
