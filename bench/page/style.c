/* The style of the HTML page. Colours of series are those of Okabe & Ito (2008), which the colour-blind tell apart, a
 * little darker on light ground; marks differ in shape, too. */
#include "page/page.h"

static const char *const style[] = {
    ":root{--paper:#fff;--raised:#f6f8fa;--ink:#1b2026;--soft:#57616b;--line:#dde2e7;--axis:#8a949e;--accent:#0b5e8a;",
    "--good:#116b4a;--bad:#a8321f;--severe:#fdf0ec;--mild:#fff7e3;--bar:#cfe0ec;--shade:#0004;",
    "--c0:#0072b2;--c1:#d55e00;--c2:#008f68;--c3:#b3548c;--c4:#b98500;--c5:#2b8fc9;--c6:#6b5b95;--c7:#5f6a73}\n",
    "@media(prefers-color-scheme:dark){:root{--paper:#12161b;--raised:#1a2027;--ink:#e5e9ed;--soft:#9ba7b2;--line:#"
    "2c343c;",
    "--axis:#6b7680;--accent:#7cc0ea;--good:#5fcf9f;--bad:#ff9a80;--severe:#2d1b17;--mild:#2a2413;--bar:#24455c;--"
    "shade:#000a;",
    "--c0:#56b4e9;--c1:#ff9148;--c2:#2fc999;--c3:#e294c0;--c4:#e9b949;--c5:#8fd0f5;--c6:#b7a6e6;--c7:#93a0ab}}\n",
    "*{box-sizing:border-box}\n",
    "body{margin:0 auto;max-width:1200px;padding:0 20px 48px;background:var(--paper);color:var(--ink);",
    "font:15px/1.45 system-ui,-apple-system,\"Segoe UI\",Roboto,\"DejaVu Sans\",sans-serif;",
    "font-variant-numeric:tabular-nums;overflow-wrap:anywhere}\n",
    "header{padding:28px 0 4px}.kind{margin:0;color:var(--accent);font-weight:650;letter-spacing:.04em}\n",
    "h1{margin:2px 0 4px;font-size:30px;line-height:1.15;letter-spacing:-.01em}\n",
    "h2{margin:0;font-size:21px;letter-spacing:-.005em}h3{margin:0 0 6px;font-size:16px}p{margin:0 0 8px}\n",
    ".about,.soft{color:var(--soft)}.about{max-width:100ch}code{font-size:.92em}\n",
    ".note{margin:10px 0;padding:9px 14px;border-left:4px solid var(--bad);border-radius:4px;background:var(--severe)}",
    ".note.mild{border-color:var(--c4);background:var(--mild)}\n",
    "nav{margin:18px 0 0}nav ul,.shared{display:flex;flex-wrap:wrap;gap:6px 8px;margin:0;padding:0;list-style:none}\n",
    "nav a{display:block;padding:3px 10px;border:1px solid var(--line);border-radius:14px;color:var(--accent);",
    "text-decoration:none;font-size:14px}nav a:hover,nav a:focus-visible{background:var(--raised)}\n",
    ".cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(215px,1fr));gap:14px;margin:18px 0}\n",
    ".card{padding:14px 16px;border:1px solid "
    "var(--line);border-radius:10px;background:var(--raised)}",
    ".card{max-width:440px}.card h2{font-size:14px;font-weight:600;color:var(--soft)}.card p{margin:0 0 6px}.card "
    ".soft{font-size:13.5px}",
    ".big .unit{font-size:.55em;font-weight:500}",
    ".big{font-size:30px;font-weight:650;line-height:1.25;letter-spacing:-.01em}\n",
    "section{margin-top:34px;padding-top:22px;border-top:1px solid var(--line)}\n",
    ".cards.small{grid-template-columns:repeat(auto-fit,minmax(175px,1fr));gap:12px}.cards.small .card{padding:10px "
    "13px}",
    ".cards.small .unit{display:block}.card "
    "h3{font-size:14.5px;margin:0}.big.win{color:var(--c0)}.big.loss{color:var(--c1)}",
    ".machines{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,400px),1fr));gap:14px 40px}",
    ".bars{margin:0;max-width:600px}.bars svg{display:block;width:100%;height:auto}.bars svg .label{font-weight:600}",
    ".keys{display:flex;flex-wrap:wrap;gap:4px 20px;margin:4px 0 14px;padding:0;list-style:none;font-size:14px}",
    ".keys svg{display:inline-block;width:12px;height:12px;margin-right:6px}",
    "svg .win{fill:var(--c0)}svg .loss{fill:var(--c1)}svg .doubt{fill-opacity:.3}svg .win.doubt{stroke:var(--c0)}",
    "svg .loss.doubt{stroke:var(--c1)}.runaway{color:var(--bad)}[hidden]{display:none!important}\n",
    ".suite{margin-top:12px;padding-top:12px;border-top:1px solid var(--line)}.suite[open]{padding-bottom:18px}",
    ".suite>summary{cursor:pointer}.suite>summary h2{display:inline;font-size:19px}.suite>summary "
    ".about{margin-left:8px}",
    ".filter{width:16em;max-width:100%;margin:6px 0;padding:4px 10px;border:1px solid var(--line);border-radius:6px;",
    "background:var(--paper);color:inherit;font:inherit;font-size:14px}\n",
    "thead th[title]{cursor:pointer}th[aria-sort]::after{content:\" \\25BE\"}th[aria-sort=ascending]::after{content:\" "
    "\\25B4\"}\n",
    ".shared{margin:6px 0 8px}.shared li{padding:1px "
    "9px;border-radius:10px;background:var(--raised);color:var(--soft);",
    "font-size:13.5px}\n", /* A shadow shows on which side the table goes on. */
    ".wide{overflow-x:auto;background:linear-gradient(90deg,var(--paper) 30%,transparent) 0 0/40px 100% no-repeat "
    "local,"
    "linear-gradient(270deg,var(--paper) 30%,transparent) 100% 0/40px 100% no-repeat local,"
    "linear-gradient(90deg,var(--shade),transparent) 0 0/14px 100% no-repeat scroll,"
    "linear-gradient(270deg,var(--shade),transparent) 100% 0/14px 100% no-repeat "
    "scroll}table{border-collapse:collapse;width:100%;font-size:14px}\n",
    "caption{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}\n",
    "th,td{padding:5px 9px;text-align:right;vertical-align:top;border-bottom:1px solid var(--line);",
    "overflow-wrap:normal}\n",
    "thead th{color:var(--soft);font-weight:500;font-size:13px;vertical-align:bottom;line-height:1.25}\n",
    "th.left,tbody th,td.unit,td.valid,td.strips,.environment td,.environment th{text-align:left}tbody "
    "th{font-weight:500}\n",
    "th:first-child{padding-left:0}tbody th{min-width:13em}.other .title{display:inline-block;padding-left:1.2em}tbody "
    "tr:hover{background:var(--raised)}\n",
    "td.value{font-weight:650}td.unit{padding-left:0;color:var(--soft);white-space:nowrap}td.number{white-space:nowrap}"
    "\n",
    ".reasons{display:block;font-size:12.5px;font-weight:400;color:var(--bad);white-space:normal}",
    ".reasons.soft{color:var(--soft)}\n",
    ".badge{display:inline-block;padding:0 7px;border:1px solid currentColor;border-radius:9px;font-size:12px;",
    "font-weight:600;line-height:1.5;white-space:nowrap}.badge.good{color:var(--good);border-color:transparent;font-"
    "weight:500}.badge.bad{color:var(--bad)}\n",
    ".won{color:var(--good);font-weight:600}.lost{color:var(--bad);font-weight:600}\n",
    ".strip{display:block;width:110px;height:16px;margin-top:2px}\n",
    ".bar{display:inline-block;width:44px;height:8px;margin-right:7px;border-radius:2px;background:var(--line);",
    "vertical-align:1px}.bar i{display:block;height:100%;border-radius:2px;background:var(--c0)}\n",
    ".columns td{min-width:7.5em}.glance td{min-width:9em;text-align:left}.glance th{text-align:left}",
    ".columns .times{display:block;color:var(--soft);font-size:12.5px}.best,.best "
    ".times{font-weight:650;color:var(--good)}",
    ".rival{display:block}span.doubt{opacity:.8;font-weight:500}", ".figure{display:block;font-size:19px}\n",
    ".chart{display:grid;grid-template-columns:minmax(0,520px) minmax(0,1fr);gap:10px 34px;align-items:start;",
    "margin:14px 0 22px}.chart svg{display:block;width:100%;height:auto}\n",
    ".charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,340px),1fr));gap:10px "
    "34px;margin:16px 0}",
    ".charts .chart{display:block;margin:0}.charts figcaption{margin-top:6px}.charts "
    ".legend{display:flex;flex-wrap:wrap;gap:2px 18px}",
    "figcaption p{max-width:60ch}.legend{margin:10px 0 0;padding:0;list-style:none;font-size:14px}",
    ".legend li{margin:3px 0;padding-left:22px}.legend svg{display:inline-block;width:14px;height:14px;",
    "margin:0 4px 0 -22px;vertical-align:-2px}\n",
    "svg text{font-size:12px;fill:var(--soft);font-family:inherit}svg .label{fill:var(--ink)}",
    "svg .direct{fill:var(--ink);font-weight:600;font-size:11.5px}\n",
    "svg .over{paint-order:stroke;stroke:var(--paper);stroke-width:4px}\n",
    ".grid{stroke:var(--line);fill:none}.axis{stroke:var(--axis);fill:none}.line{fill:none;stroke-width:2;",
    "stroke-linejoin:round}.dashed{stroke-dasharray:5 4}.faint{stroke-width:1;stroke-dasharray:2 3}",
    ".roof{stroke-width:2.5}.mark{stroke:var(--paper);stroke-width:1}\n",
    ".pictures{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,260px),1fr));gap:18px;margin:14px "
    "0}",
    ".picture{margin:0}.picture img{display:block;width:100%;height:auto;image-rendering:pixelated;border-radius:4px}",
    ".picture figcaption{margin-top:5px;font-size:14px}\n",
    ".groups{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,330px),1fr));gap:20px "
    "34px;margin-top:8px}",
    ".groups.many{grid-template-columns:minmax(0,1fr)}.group caption{position:static;width:auto;height:auto;",
    "clip-path:none;padding:0 0 4px;text-align:left;font-weight:650}",
    ".group tbody th{min-width:8em;color:var(--soft);font-weight:400}.group td{overflow-wrap:anywhere}",
    ".differs th{font-weight:650;color:var(--ink)}details summary{cursor:pointer}\n",
    "footer{margin-top:40px;color:var(--soft);font-size:13.5px}\n",
    /* A phone: rows become cards, each cell after the name of its column. */
    "@media(max-width:760px){body{padding:0 14px 32px}h1{font-size:25px}.chart{grid-template-columns:minmax(0,1fr)}\n",
    ".cards,.cards.small{grid-template-columns:minmax(0,1fr) minmax(0,1fr);gap:10px}.card{padding:10px "
    "12px}.big{font-size:23px}\n",
    ".wide{overflow:visible}table,tbody,tr{display:block}thead{position:absolute;width:1px;height:1px;overflow:hidden;",
    "clip-path:inset(50%)}\n",
    "tr{position:relative;display:flex;flex-wrap:wrap;gap:2px 14px;padding:9px 0;border-bottom:1px solid "
    "var(--line)}\n",
    "tbody th,tbody td{display:block;padding:0;border:0;text-align:left;white-space:normal;min-width:0;max-width:100%;",
    "overflow-wrap:anywhere}td.number{white-space:normal}",
    "tbody th{flex:1 0 100%;padding-right:92px;font-weight:600}td.empty{display:none}",
    "td.valid{position:absolute;top:9px;right:0}td.valid::before{content:none}\n",
    "td::before{content:attr(data-label) \" \";color:var(--soft);font-weight:400}",
    "td.value{order:-1}tbody th{order:-2}td.strips{flex:1 0 100%;display:flex;gap:8px}",
    ".columns td,.glance td{flex:1 0 100%}.columns td::before,.glance td::before{display:block}.columns "
    ".times{display:inline;margin-left:6px}",
    ".group tr{flex-wrap:nowrap}.group tbody th{flex:0 0 7.5em;padding:0}.group td{flex:1 1 0}",
    ".many .group tr{flex-wrap:wrap}.many .group td{flex:1 0 100%}}\n",
    "@media print{body{max-width:none;font-size:11px}nav{display:none}section{break-inside:auto}",
    "figure,tr,.card{break-inside:avoid}.wide{overflow:visible}details>*{display:block}}\n"};

void page_style(page *p) {
    fputs("<style>\n", p->out);
    for (size_t i = 0; i < GS_COUNT(style); i++)
        fputs(style[i], p->out);
    for (int i = 0; i < PAGE_COLOURS; i++)
        page_put(p,
                 ".l%d{stroke:var(--c%d)}.m%d{fill:var(--c%d)}.m%d.hollow{fill:var(--paper);stroke:var(--c%d);"
                 "stroke-width:2}svg .t%d{fill:var(--c%d)}\n",
                 i, i, i, i, i, i, i, i);
    fputs("</style>\n", p->out);
}
