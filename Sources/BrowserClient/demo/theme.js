// The choice of colours: automatic, light or dark. A classic script in the head, so that the page is never drawn in
// the wrong colours first.
(() => {
  const name = 'ephemerald.theme';
  const root = document.documentElement;

  /** @param {string} theme */
  const apply = (theme) => {
    if (theme === 'light' || theme === 'dark') root.dataset.theme = theme;
    else delete root.dataset.theme;
  };

  // Storage throws where cookies are blocked; the choice then lasts as long as the page.
  let theme = 'auto';
  try { theme = localStorage.getItem(name) ?? 'auto'; } catch {}
  apply(theme);

  document.addEventListener('DOMContentLoaded', () => {
    for (const input of document.querySelectorAll('input[name=theme]')) {
      if (!(input instanceof HTMLInputElement)) continue;
      input.checked = input.value === (root.dataset.theme ?? 'auto');
      input.addEventListener('change', () => {
        apply(input.value);
        try { localStorage.setItem(name, input.value); } catch {}
      });
    }
  });
})();
