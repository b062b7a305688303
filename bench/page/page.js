document.querySelectorAll('table.rows').forEach(t => {
  const body = t.tBodies[0], rows = Array.from(body.rows), field = document.createElement('input');
  const value = (r, i) => r.cells[i].dataset.value || r.cells[i].textContent.trim();
  field.type = 'search';
  field.className = 'filter';
  field.placeholder = 'filter ' + rows.length + ' rows';
  field.setAttribute('aria-label', field.placeholder);
  field.oninput = () => rows.forEach(r => {
    r.hidden = !field.value.toLowerCase().split(' ').every(w => r.textContent.toLowerCase().includes(w));
  });
  if (rows.length > 3) t.parentNode.before(field);
  Array.from(t.tHead.rows[0].cells).forEach((head, i) => {
    const sort = () => {
      const up = head.getAttribute('aria-sort') === 'descending' ? 1 : -1;
      Array.from(t.tHead.rows[0].cells).forEach(h => h.removeAttribute('aria-sort'));
      head.setAttribute('aria-sort', up > 0 ? 'ascending' : 'descending');
      rows.sort((a, b) => {
        const x = value(a, i), y = value(b, i), both = isFinite(x) ? isFinite(y) : false;
        if (!x || !y) return !x - !y;
        return up * (both ? x - y : x.localeCompare(y));
      }).forEach(r => body.append(r));
    };
    head.tabIndex = 0;
    head.title = 'sort';
    head.onclick = sort;
    head.onkeydown = e => { if (e.key === 'Enter') sort(); };
  });
});
