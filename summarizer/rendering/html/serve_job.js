// Follows a job: shows each claim as it is verified, and the report when it is done.
"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const job = byId("job");
  if (!job || job.dataset.ended === "yes") return;
  const status = byId("status"), progress = byId("progress"), claims = byId("claims");
  let events = null;
  let known = job.dataset.known;
  let ended = false;

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
  const addClaim = ({ html }) => {
    claims.insertAdjacentHTML("beforeend", html);
    byId("count").textContent = claims.children.length;
  };
  const end = (said) => {
    ended = true;
    leave();
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
  };
  const lost = () => {
    if (events.readyState === EventSource.CLOSED) {
      ended = true;
      status.className = "failure";
      status.textContent = "The server doesn’t know this article any more. Start it again from the start page.";
    } else {
      status.textContent = "The connection to the server is gone; trying again.";
    }
  };

  const follow = () => {
    events = new EventSource(`${job.dataset.events}?after=${known}`);
    for (const [kind, tell] of Object.entries({ status: show, claim: addClaim, end })) {
      events.addEventListener(kind, (event) => {
        known = event.lastEventId;
        tell(JSON.parse(event.data));
      });
    }
    events.addEventListener("open", () => show(last));
    events.addEventListener("error", lost);
  };
  const leave = () => {
    events?.close();
    events = null;
  };
  // Browsers keep only six connections to a server: pages that nobody looks at let go of theirs.
  const followIfSeen = () => {
    if (document.hidden || ended) leave();
    else if (!events) follow();
  };
  document.addEventListener("visibilitychange", followIfSeen);
  followIfSeen();
})();
