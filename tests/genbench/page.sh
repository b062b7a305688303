#!/bin/sh
# Tests of genbench's HTML page: page.sh BUILD_DIR. Where Chromium is installed, they look at the page in it, at the
# width of a desktop and of a phone, light and dark; SHOTS=FOLDER keeps the screenshots, PAGES="A.json B.json" looks at
# those reports instead.
here=$(cd "$(dirname "$0")" && pwd)
program=$(cd "$1" && pwd)/genbench
[ -z "$SHOTS" ] || SHOTS=$(mkdir -p "$SHOTS" && cd "$SHOTS" && pwd) || exit 1
. "$here/../support/cases.sh"
given=
for page in $PAGES; do
    given="$given $(cd "$(dirname "$page")" && pwd)/$(basename "$page")"
done
cd "$work" || exit 1
cp "$here/page.json" a.json
sed 's/Example(R)/Other(TM)/; s/avx2/avx512/g' a.json >b.json
sed 's/"genbench": {/"genbench": {"source": "peers", /' a.json >peer.json

# page OUT FILE...: makes the page.
page() {
    out=$1
    shift
    ran="genbench report $* --html $out"
    "$program" report "$@" --html "$out" >stdout.txt 2>stderr.txt
}
# well_formed FILE: it is well-formed XML, which the page must be too.
well_formed() {
    if command -v xmllint >/dev/null; then xmllint --noout "$1"; fi
}
# refuse STATUS PATTERN ARGUMENT...: genbench report exits with that status, says why, and writes nothing.
refuse() {
    expected=$1
    pattern=$2
    shift 2
    rm -f x.html
    "$program" report "$@" >stdout.txt 2>stderr.txt
    status=$?
    if [ "$status" -ne "$expected" ]; then
        not_ok "report $*" "exit $status, expected $expected: $(head -c 200 stderr.txt)"
    elif ! grep -qF "genbench: $pattern" stderr.txt; then
        not_ok "report $*" "no '$pattern' in: $(cat stderr.txt)"
    elif [ -s stdout.txt ] || [ -e x.html ] || ls .x.html* 2>/dev/null; then
        not_ok "report $*" 'something was written'
    else
        ok "report $*"
    fi
}

# ---- Pages ----
check 'a page' page a.html a.json
check 'is said to be there' grep -q '^the page: a.html$' stdout.txt
check 'is well-formed' well_formed a.html
check 'a page of several' page several.html a.json b.json peer.json
check 'is well-formed, too' well_formed several.html
check 'names them by what differs' grep -q 'Other &lt;script&gt;alert(1)&lt;/script&gt; &quot;q&quot; .a. &amp; b, avx512' several.html
check 'and the peer stands below' sh -c 'grep -q "<h1>gensample beside other programs" several.html && grep -q "id=.peers-0-0" several.html'
check 'the same report twice' page twice.html a.json a.json
check 'a peer alone' page peer.html peer.json
for f in a several twice peer; do
    check "$f: nothing of a report is markup" sh -c '! grep -iq "<script[^>]\|<script>.\|onerror\|<iframe" $1.html' sh $f
    check "$f: one script, of the page itself" test "$(grep -c '<script>$' $f.html)" = 1
    check "$f: nothing is fetched" sh -c '! grep -iE "(src|href)=\"[a-z]*:?//|@import|url\(|<link" $1.html' sh $f
    check "$f: numbers are finite" sh -c '! grep -E "[\" ,]-?(nan|inf)[\" ,<%]" $1.html' sh $f
done
for chart in 'Latency by percentile' 'Thread scaling' 'Roofline' 'Acceptance and theory' 'Head over base' 'Energy &lt;script&gt;'; do
    check "a chart: $chart" grep -q "<h3>$chart" a.html
done
check 'a picture' grep -q '<img alt="Samples: ncsn, dpmpp-2m" src="data:image/png;base64,iVBORw0KGgo' a.html
check 'reasons of what is not valid' grep -q '<span class="reasons">peak moved 16 %; &lt;script' a.html
check 'what is won' grep -q '<span class="won">1.83× won' a.html
check 'and what is lost' grep -q '<span class="lost">0.91× lost' a.html
check 'that it was interrupted' grep -q 'Interrupted' a.html
check 'how many rows are invalid' grep -q '4 of 21 rows are INVALID' a.html
check 'and that changes are in no commit' grep -q 'in no commit' a.html
sed 's/"\(99 % low\|NFE\|p90\)": {"value": [0-9.]*, "unit": "[a-z]*"}, //g' a.json >fewer.json
check 'a report with fewer figures' page fewer.html fewer.json
check 'says what is unknown' sh -c 'grep -q "unknown network evaluations" fewer.html && ! grep -q "[ \">]nan" fewer.html'
# altered FILE PATTERN SCRIPT...: a.json, in which sed scripts have changed the rows whose line has the pattern.
altered() {
    out=$1
    pattern=$2
    shift 2
    for script in "$@"; do
        printf '/%s/%s\n' "$pattern" "$script"
    done >script.sed
    sed -f script.sed a.json >"$out"
}
doubtful='s/"valid": true, "reasons": \[\]/"valid": false, "reasons": ["no"]/'

# ---- What is won ----
check 'the headline counts other programs, not backends' grep -q '<p><b>1 won, 1 lost</b>' a.html
check 'as a geometric mean with its range' sh -c 'tr -d "\n" <a.html | grep -q "<p class=.big win.>1.35× <span class=.unit.>0.91 to 2.00</span></p>"'
check 'and names the worst' grep -q 'Worst: <span class="lost">0.91× lost</span>, ncsn, evaluate, batch 64, Example' a.html
check 'a bar of what is won and one of what is lost' sh -c 'grep -q "<rect class=\"win\"" a.html && grep -q "<rect class=\"loss\"" a.html'
altered ours.json 't:2\/.*"program":' "$doubtful"
check 'a peer that is not valid' page ours.html ours.json
check 'is not counted as won or lost, but as left out' grep -q '<p><b>1 won, 0 lost; of 1 left out 0 ahead, 1 behind</b>' ours.html
check 'its ratio is marked' sh -c 'grep -q "<span class=\"lost doubt\">0.91× behind, INVALID" ours.html &&
    grep -q "<rect class=\"loss doubt\"" ours.html && grep -q ">0.91× !</text>" ours.html && grep -q "2.00× won" ours.html'
check 'the mean with it is told' grep -q '1 won, 0 lost; of 1 left out 0 ahead, 1 behind, with these 1.35×' ours.html
altered ours.json '"backend": "native", "threads": 1, "batch": 8' "$doubtful"
check 'what is beside ours that is not valid' page ours.html ours.json
check 'is neither won nor lost, but marked' sh -c '! grep -q "1.83× won" ours.html && grep -q "1.83× ahead, INVALID" ours.html &&
    grep -q "2.00× won" ours.html'
altered ours.json '"threads": 2, "batch": 64, "program"' \
    's/"program": "[^,]*"/"program": "gensample", "backend": "onednn"/'
check 'a backend of gensample' page ours.html ours.json
check 'is no other program' grep -q '<p><b>1 won, 0 lost</b>' ours.html
check 'side by side, too' grep -q '<span class="rival"><span class="won">1.83× won' several.html

# Two variants of one program: the faster one is beside ours.
variants() {
    sed 's/"program": "[^,]*"/"program": "Rival 1.2, slow"/' a.json |
        sed '/t:2\/isa:avx2\/f32\/peer/{p;s/2511.3/'"$1"'/;s/f32\/peer/f32\/peer2/;s/slow/quick/'"$2"'}' >variants.json
}
variants 4566
check 'two variants of a program' page variants.html variants.json
check 'are both counted' grep -q '<p><b>1 won, 2 lost</b>' variants.html
check 'and the better one has the bar' sh -c 'grep -q "0.50×</text>" variants.html && ! grep -q "0.91×</text>" variants.html'
check 'under its name without the version' grep -q '>Rival</text>' variants.html
check 'and the card' sh -c 'grep -q "<h3>Rival 1.2</h3>" variants.html && grep -q "Worst: <span class=\"lost\">0.50× lost" variants.html'
variants 4566 ';s/"dtype": "f32"/"dtype": "bf16"/'
check 'one of a narrower type' page variants.html variants.json
check 'has bars and a card of its own' sh -c 'grep -q "0.50×</text>" variants.html && grep -q "0.91×</text>" variants.html &&
    grep -q ">Rival bf16</text>" variants.html && grep -q "<h3>Rival 1.2, fewer than 32 bits</h3>" variants.html'
sed -i '/"scaling\/ncsn\/evaluate\/offline\/b:64\/t:2\/isa:avx2\/f32",/{p;s/f32/bf16/g;s/2283.0/13698.0/}' variants.json
check 'a row of ours in that type' page variants.html variants.json
check 'is what it is held against' sh -c 'grep -q "3.00×</text>" variants.html && grep -q "0.91×</text>" variants.html &&
    ! grep -q "0.50×</text>" variants.html'
variants 4566 ';s/"figures": {}/"figures": {"difference": {"value": 0.5, "unit": ""}}/'
check 'one of another output' page variants.html variants.json
check 'is not compared, which is told' sh -c 'grep -q "<p><b>1 won, 1 lost</b>.* 1 more gave an output" variants.html &&
    ! grep -q "0.50×" variants.html'
variants 4566 ';s/"figures": {}/"figures": {"difference": {"value": 0, "unit": ""}, "beside": {"value": 0.75, "unit": "x"}}/'
check 'one that was measured in rounds' page variants.html variants.json
check 'has the ratio of these' sh -c 'grep -q "0.75× lost" variants.html && ! grep -q "0.50×" variants.html'

# ---- The same in text ----
altered doubt.json 't:2\/.*"program":' "$doubtful" \
    's/"figures": {}/"figures": {"beside": {"value": 0.75, "unit": "x"}, "least": {"value": 0.5, "unit": "x"}}/'
altered fine.json 't:2\/.*"program":' \
    's/"figures": {}/"figures": {"beside": {"value": 0.75, "unit": "x"}, "least": {"value": 0.5, "unit": "x"}}/'
altered ours.json 't:2\/.*"program":' \
    's/"figures": {}/"figures": {"beside": {"value": 0.75, "unit": "x"}, "least": {"value": 0.5, "unit": "x"}}/'
sed -i '/"scaling\/ncsn\/evaluate\/offline\/b:64\/t:2\/isa:avx2\/f32"/'"$doubtful" ours.json
for f in doubt ours; do
    "$program" report $f.json --markdown $f.md --html $f.html >$f.txt
    check "$f: ratios beside an INVALID figure are marked" grep -q '0.750 x !   *0.500 x !' $f.txt
    check "$f: in Markdown" grep -qF '| 0.750 x ! | 0.500 x ! |' $f.md
    check "$f: which is explained" sh -c 'grep -q "^  ! one of the two figures is INVALID" $1.txt &&
        grep -q "^! one of the two figures is INVALID" $1.md && grep -q "<p class=\"soft\">! one of the two" $1.html' sh $f
    check "$f: and counted" sh -c 'grep -q "; beside other programs 1 won, 0 lost; of 1 left out 0 ahead, 1 behind" $1.txt &&
        grep -q "^- beside other programs: 1 won, 0 lost; of 1 left out 0 ahead, 1 behind" $1.md' sh $f
done
"$program" report fine.json --markdown fine.md --html fine.html >fine.txt
check 'no others are' sh -c 'grep -q "0.750 x   *0.500 x  " fine.txt && ! grep -q " x !" fine.txt fine.md &&
    ! grep -q "<p class=\"soft\">! one" fine.html'

# ---- Machines ----
# line MACHINE FILE: the cells of the machine's line.
line() {
    tr -d '\n' <"$2" | sed "s/.*scope=.row.>$1<\/th>//; s/<\/tr>.*//; s/<\/td>/\n/g" |
        sed 's/.*<b class="figure">//; s/<[^>]*>/ /g'
}
altered other.json '"latency\/ncsn' 's/"p99"/"p98"/'
sed -i 's/"accepted": {"value": 761916/"accepted": {"value": 1/; s/avx2/avx512/g; s/Example(R)[^,]*,/Other 7",/' other.json
sed -i '/"samples\/ncsn/{s/118.0/59.0/;s/"low": [0-9.]*/"low": 59.0/;}' other.json
check 'two machines of which one has another network' page machines.html a.json other.json
line 'Other 7' machines.html >line.txt
check 'have the row of the first, or a dash' sh -c 'sed -n 2p line.txt | grep -q "ncsn, dpmpp-2m" && sed -n 3p line.txt | grep -q "^– *$"'
check 'and the same algorithm' sh -c 'sed -n 4p line.txt | grep -q radius-d784'
# Valid rows with a scenario: samples/ncsn (half as fast), energy/ebm/mala and two of scaling: 100 / 2^(1/4) = 84.
check 'and a score' sh -c 'sed -n 1p line.txt | grep -q "^84 *$"'
check 'over so many rows' grep -q 'over the 4 rows of whole networks' machines.html
sed 's/avx2/avx512/g; /"samples\/ncsn/s/118.0/236.0/' a.json >wide.json
check 'two instruction sets of a machine' page wide.html a.json wide.json
check 'are one line, with the better figure' sh -c 'test "$(grep -c "class=.glance." wide.html)" = 1 &&
    tr -d "\n" <wide.html | sed "s/.*class=.glance.//; s/<\/table>.*//" | grep -o "<b class=.figure.>236\|<b class=.figure.>118" | grep -c . | grep -qx 1 &&
    ! grep -q ">score<" wide.html'

# ---- Columns ----
check 'the fastest of a row is marked' sh -c 'grep -q "class=\"number best\" data-label=\"[^\"]*avx512\" data-value=\"236\">236.*fastest" wide.html &&
    grep -q "118.samples/s <span class=\"times\">0.50×</span>" wide.html'
altered few.json '"samples\/' 's/"suite": "samples"/"suite": "drawn"/'
sed -i 's/avx2/avx512/g' few.json
check 'a suite that one of two lacks' page few.html a.json few.json
check 'has one column' sh -c 'sed -n "/id=\"suite-0\"/,/<.details>/p" few.html | grep -c "<th role=\"columnheader\"" | grep -qx 2 ||
    test "$(sed -n "/id=\"suite-0\"/,/<.details>/p" few.html | grep -o "scope=\"col\"" | wc -l)" = 2'
check 'several fold their tables away' sh -c 'grep -q "<details class=\"suite\">" several.html && ! grep -q "open=" several.html'
check 'one does not' sh -c 'grep -q "<details class=\"suite\" open=\"open\">" a.html'

# ---- Pictures, traces, peaks, advice ----
check 'the same picture is there once' test "$(grep -o 'alt="Samples: ncsn, dpmpp-2m"' several.html | wc -l)" = 1
check 'and says of how many runs it is' grep -q 'to the byte the same in 2 runs' several.html
check 'its caption names the sampler once' sh -c '! grep -q "dpmpp-2m</b> .*dpmpp-2m" several.html'
check 'chains that stay are not said to run away' sh -c '! grep -q "ran away" a.html'
sed '/"trace"/s/"y": \[\([^]]*\), [-0-9.e]*\]/"y": [\1, -1e5]/g' a.json >away.json
check 'chains that run away' page away.html away.json
check 'are said to' grep -q '<b>These chains ran away</b>: .* to −100,000' away.html
check 'a share of the peak below 100 % needs no words' sh -c '! grep -q "Winograd.s method multiplies" a.html'
altered peak.json '"samples\/ncsn' 's/"value": 61.0/"value": 127.0/'
check 'one above' page peak.html peak.json
check 'has its reason beside it' sh -c 'grep -q "127.*Above 100 % of the peak: Winograd.s method multiplies less" peak.html &&
    grep -q "<p class=\"soft\">Above 100 %" peak.html'
check 'what the doctor advises' sh -c 'tr -d "\n" <a.html | grep -q "genbench doctor</code> advises</summary><ul>.*<li>boost: for figures"'
sed 's/peak moved 16 %/nothing/' a.json >calm.json
check 'a report without such reasons' page calm.html calm.json
check 'gets no advice' sh -c '! grep -q "genbench doctor" calm.html'
altered disturbed.json '"samples\/ncsn' 's/"valid": true/"disturbed": 3, "valid": true/'
check 'disturbed repetitions' sh -c '"$1" report disturbed.json --html disturbed.html | grep -q " disturbed " &&
    grep -q "3 disturbed" disturbed.html && ! grep -q disturbed a.html' sh "$program"

# ---- The chart, and what is committed ----
check 'a chart' "$program" report a.json --chart a.svg
check 'is well-formed' well_formed a.svg
check 'names the machine' grep -q 'Example &lt;script.*avx2, 1 thread</text>' a.svg
check 'and has what is lost' sh -c 'grep -q "<rect class=\"loss\"" a.svg && grep -q "0.91×" a.svg'
check 'nothing of a report is markup' sh -c '! grep -iq "<script\|href" a.svg'
mkdir figures
check 'the figures of results/' "$here/../../bench/results/figures.sh" "$(dirname "$program")" figures
for f in index.html xeon-167.md xeon-207.md; do
    check "$f is as committed" cmp figures/$f "$here/../../bench/results/$f"
done
check 'speed.svg is as committed' cmp figures/speed.svg "$here/../../bench/pictures/speed.svg"
check 'whose losses are counted' grep -q '<p><b>113 won, 2 lost; of 149 left out 140 ahead, 9 behind</b>.* 16 more gave an output' figures/index.html

# ---- Numbers that are too long ----
altered huge.json '"samples\/ncsn' 's/"high": [0-9.]*/"high": 1e308/'
sed -i '/"samples\/<script/{s/1018.25/1e308/; s/997.885/1e308/; s/1038.62/1e308/;}
    s/"elapsed_s": 61.5/"elapsed_s": 1e308/; s/"high": 1.19, "flagged"/"high": 1e308, "flagged"/
    /"ebm\/mala/s/"low": 1862.98, "high"/"low": 1e-300, "high"/' huge.json
sed 's/"value": 118.0, "low": 115.64/"value": 1e-300, "low": 1e-300/; s/avx2/avx512/g' huge.json >tiny.json
check 'numbers that are too long' page huge.html huge.json
check 'beside others' page huges.html a.json huge.json tiny.json
"$program" report huge.json --markdown huge.md >huge.txt 2>&1
"$program" report a.json huge.json tiny.json --markdown huges.md >huges.txt 2>&1
check 'have an exponent' sh -c 'grep -q "1.00e+308 samples/s" huge.txt &&
    ! grep -E "[0-9]{30}|[^a-z](inf|nan)[^a-z]" huge*.html huge*.md huge*.txt'

# ---- One of a kind ----
printf '{"context": {"json_schema_version": 1}, "benchmarks": [], "genbench": {"json_schema_version": 1,
    "elapsed_s": 1, "rows": [{"name": "load/x", "suite": "load", "what": "x", "isa": "", "dtype": "f32", "threads": 1,
    "unit": "ms", "less_is_better": true, "valid": false, "reasons": ["no"], "figures": {},
    "repetitions": []}]}}' >one.json
check 'a report of one row' page one.html one.json
check 'speaks of one' sh -c 'grep -q "^1 row, 1 INVALID: its figures are" stdout.txt &&
    grep -q "1 of 1 row is INVALID</b>: its figures" one.html &&
    grep -q "1 row in 1 s" one.html'
check 'side by side, too' page one.html one.json a.json
check 'speaks of all' grep -q '<b>5 of 22 rows are INVALID</b>' one.html

# ---- Ratios of two builds ----
sed '/^ "rows"/,$d' a.json >ab.json
echo ' "rows": []}}' >>ab.json
check 'ratios of two builds' sh -c '"$1" report ab.json --markdown ab.md --csv ab.csv >ab.txt' sh "$program"
check 'are a table' sh -c 'grep -q "^  kernels/axpby/t:1/isa:avx2/f32  *0.990  0.970 to 1.020" ab.txt &&
    grep -q " 1.150  1.120 to 1.190  flagged$" ab.txt'
check 'and told' grep -q '^2 rows of two builds, 1 flagged; interrupted' ab.txt
check 'in Markdown' grep -qF '| kernels/axpby/t:1/isa:avx2/f32 | 0.990 | 0.970 to 1.020 |' ab.md
check 'as values' sh -c 'test "$(head -n 1 ab.csv | tr -d "\r")" = name,median,low,high,flagged &&
    tail -n 1 ab.csv | grep -q "^\"kernels/axpby/t:1/isa:avx2/f32\",0.99,0.97,1.02,no"'
check 'side by side' sh -c '"$1" report a.json ab.json >ab.txt &&
    test "$(grep -c "^ab  times of head over base, 1 is the same; a" ab.txt)" = 2' sh "$program"

printf '{"context": {"json_schema_version": 1}, "benchmarks": [], "genbench": {"json_schema_version": 1, "rows": []}}' >empty.json
check 'a report without rows' page empty.html empty.json
check 'is well-formed' well_formed empty.html
check 'without charts, tables and their headings' sh -c '! grep -q "<h3>\|<table\|<figure\|class=.card" empty.html'

# ---- Refusals ----
refuse 2 'report: expected FILE' --html x.html
refuse 2 '--html: its value FILE is missing' a.json --html
refuse 2 '--html: given twice' a.json --html x.html --html x.html
refuse 2 '--foo: unknown' a.json --foo
refuse 2 '--chart: no report has a row of another program' ab.json --chart x.html
sed 's/Example(R)/Other(TM)/' a.json >elsewhere.json
refuse 2 '--chart: of one machine only' a.json elsewhere.json --chart x.html
refuse 1 'missing.json: cannot be opened' missing.json --html x.html
refuse 1 'missing/x.html' a.json --html missing/x.html
printf '{"context": ' >broken.json
refuse 1 'broken.json: line 1' a.json broken.json --html x.html
sed 's/"iterations": 10, "real_s"/"iterations": 0, "real_s"/' a.json >zero.json
refuse 1 'zero.json: genbench.rows[0].repetitions[0].iterations: 0' zero.json --html x.html
sed 's/"genbench": {"json_schema_version": 1/"genbench": {"json_schema_version": 2/' a.json >newer.json
refuse 1 'newer.json: genbench.json_schema_version: 2, expected 1' newer.json --html x.html
ln -s /dev/full full.html
check 'a full disk is an error' sh -c '! "$1" report a.json --html full.html >/dev/null 2>stderr.txt && grep -q "full.html: .*No space" stderr.txt' sh "$program"

# ---- In a browser ----
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome)
# chromium ARGUMENT...: runs it without a window, without network, and without a profile that stays.
chromium() {
    timeout 1800 "$browser" --headless=new --no-sandbox --disable-gpu --hide-scrollbars --no-first-run \
        --user-data-dir="$work/profile" --host-resolver-rules='MAP * ~NOTFOUND' "$@" 2>browser.txt
}
# looks NAME WIDTH SCHEME: NAME.html has no overflow and no errors; takes a screenshot.
looks() {
    picture=${SHOTS:-$work}/$1-$2-$3.png
    scheme=0
    [ "$3" = dark ] || scheme=1
    chromium --blink-settings=preferredColorScheme=$scheme --window-size="$2",2400 --enable-logging=stderr \
        --screenshot="$picture" "file://$work/$1.html" || return 1
    ! grep 'CONSOLE' browser.txt && [ -s "$picture" ]
}
# framed NAME WIDTH SCRIPT TITLE: another page holds it in a frame of that width, whose document is d; the script must
# set that page's title to TITLE.
framed() {
    cat >frame.html <<END
<!DOCTYPE html><iframe src="$1.html" style="border:0;width:$2px;height:4000px" onload="
  const d = this.contentDocument; d.querySelectorAll('details').forEach(e => e.open = true); const box = e => e.getBoundingClientRect(); $3"></iframe>
END
    chromium --allow-file-access-from-files --disable-web-security --window-size=1400,2400 --virtual-time-budget=5000 \
        --dump-dom "file://$work/frame.html" >dom.txt || return 1
    grep -o '<title>.*</title>' dom.txt
    grep -q "<title>$4</title>" dom.txt
}
# fits NAME WIDTH: nothing on the page is wider than that.
fits() {
    framed "$1" "$2" "
  const wide = [...d.querySelectorAll('body *')].filter(e => !e.closest('svg') &&
      !(e.closest('.wide') && $2 > 760) && box(e).right > $2 + 1).map(e => e.outerHTML.slice(0, 80));
  document.title = d.documentElement.scrollWidth + ' ' + wide.join(' ')" "$2 "
}
# apart NAME WIDTH: no two texts of a chart overlap, nor does a label overlap a mark.
apart() {
    framed "$1" "$2" "
  const over = [], under = (a, b) => a.left < b.right - 1 && a.top < b.bottom - 3,
      meet = (a, b) => under(a, b) && under(b, a);
  for (const chart of d.querySelectorAll('.chart svg')) {
    const texts = [...chart.querySelectorAll('text')], marks = [...chart.querySelectorAll('.mark')];
    texts.forEach((a, i) => [...texts.slice(i + 1), ...(a.matches('.direct') ? marks : [])].forEach(b => {
      if (meet(box(a), box(b))) over.push(a.textContent + ' over ' + (b.textContent || 'a mark')); }));
  }
  document.title = 'overlaps: ' + over.join(', ')" 'overlaps: '
}
# sorts NAME: a click on a column's title sorts its table, the field filters it.
sorts() {
    framed "$1" 1280 "
  const t = [...d.querySelectorAll('table.rows')].find(t => t.rows.length > 4), heads = [...t.tHead.rows[0].cells],
      values = () => [...t.tBodies[0].rows].map(r => +r.cells[1].dataset.value),
      sorted = sign => values().every((v, i, all) => !i || sign * (v - all[i - 1]) >= 0), field = d.querySelector('.filter');
  heads[1].click(); const down = sorted(-1);
  heads[1].click(); const up = sorted(1);
  field.value = 'radius d784'; field.oninput();
  const shown = [...field.nextSibling.querySelectorAll('tbody tr')].filter(r => !r.hidden).length;
  document.title = [down, up, shown].join(' ')" 'true true 1'
}
# Peaks that are close to each other.
sed 's/avx2/avx/g; s/"flops": 150000000000.0/"flops": 148000000000.0/; s/"triad_bytes_per_second": 2/&1/
    s/"value": 12400000000.0/"value": 12300000000.0/' a.json >close.json
check 'a page of close peaks' page peaks.html a.json b.json close.json
if [ -n "$given" ]; then
    check "a page of $PAGES" page given.html $given
fi
if [ -n "$browser" ]; then
    for width in 1280 390; do
        for f in a several peaks ${given:+given}; do
            check "$f at $width pixels fits" fits $f $width
            check "$f at $width pixels has no text over another" apart $f $width
            for scheme in light dark; do
                check "$f at $width pixels, $scheme" looks $f $width $scheme
            done
        done
    done
    check 'tables can be sorted and filtered' sorts a
    check 'light and dark differ' sh -c '! cmp -s "$1-light.png" "$1-dark.png"' sh "${SHOTS:-$work}/a-390"
else
    skip 'in a browser' 'no chromium'
fi
end_of_cases
