/* The page's script: a click on a column's title sorts a table, and a field above it filters its rows. It has no < and
 * no &, so that the page stays XML. */
#include "page/page.h"

static const char script[] =
    "document.querySelectorAll('table.rows').forEach(t => {\n"
    "  const body = t.tBodies[0], rows = Array.from(body.rows), field = document.createElement('input');\n"
    "  const value = (r, i) => r.cells[i].dataset.value || r.cells[i].textContent.trim();\n"
    "  field.type = 'search';\n"
    "  field.className = 'filter';\n"
    "  field.placeholder = 'filter ' + rows.length + ' rows';\n"
    "  field.setAttribute('aria-label', field.placeholder);\n"
    "  field.oninput = () => rows.forEach(r => {\n"
    "    r.hidden = !field.value.toLowerCase().split(' ').every(w => r.textContent.toLowerCase().includes(w));\n"
    "  });\n"
    "  if (rows.length > 3) t.parentNode.before(field);\n"
    "  Array.from(t.tHead.rows[0].cells).forEach((head, i) => {\n"
    "    const sort = () => {\n"
    "      const up = head.getAttribute('aria-sort') === 'descending' ? 1 : -1;\n"
    "      Array.from(t.tHead.rows[0].cells).forEach(h => h.removeAttribute('aria-sort'));\n"
    "      head.setAttribute('aria-sort', up > 0 ? 'ascending' : 'descending');\n"
    "      rows.sort((a, b) => {\n"
    "        const x = value(a, i), y = value(b, i), both = isFinite(x) ? isFinite(y) : false;\n"
    "        if (!x || !y) return !x - !y;\n"
    "        return up * (both ? x - y : x.localeCompare(y));\n"
    "      }).forEach(r => body.append(r));\n"
    "    };\n"
    "    head.tabIndex = 0;\n"
    "    head.title = 'sort';\n"
    "    head.onclick = sort;\n"
    "    head.onkeydown = e => { if (e.key === 'Enter') sort(); };\n"
    "  });\n"
    "});\n";

void page_script(page *p) {
    fprintf(p->out, "<script>\n%s</script>\n", script);
}
