// Refreshes the cluster page: fetches it again and replaces the table.

const EVERY = 10000; // milliseconds from one answer to the next request

async function refresh() {
  const shown = document.querySelector("#postroad-cluster");
  try {
    const answer = await fetch(location.href, { cache: "no-store" });
    if (!answer.ok || answer.redirected) throw new Error(`${answer.status}`); // a redirect leads to the login
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    shown.replaceWith(page.querySelector("#postroad-cluster"));
  } catch {
    shown.classList.add("is-stale");
  }
}

async function again() {
  if (!document.hidden) await refresh();
  setTimeout(again, EVERY);
}

setTimeout(again, EVERY);
