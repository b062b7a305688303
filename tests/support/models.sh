# Tiny weight files (models/FORMAT.md), written by the shell alone; sourced.

# bytes VALUE COUNT: a little-endian number.
bytes() {
    value=$1
    count=$2
    while [ "$count" -gt 0 ]; do
        printf "\\$(printf %03o $((value & 255)))"
        value=$((value >> 8))
        count=$((count - 1))
    done
}

# floats WORD...: float32 numbers; each word is 0, 1 or -1.
floats() {
    for word; do
        case $word in
        0) printf '\000\000\000\000' ;;
        1) printf '\000\000\200\077' ;;
        -1) printf '\000\000\200\277' ;;
        esac
    done
}

# weight_file FILE TENSORS MODEL: the file's header from the tensors' entries and the model object; the tensors' bytes
# come from standard input.
weight_file() {
    model=$(printf '%s' "$3" | tr "\n" " " | sed 's/"/\\"/g')
    header="{\"__metadata__\":{\"gensample\":\"1\",\"model\":\"$model\"}$2}"
    {
        bytes ${#header} 8
        printf '%s' "$header"
        cat
    } >"$1"
}

# The exact denoiser of pixels that are normal with mean 0 and variance 1/4: D = x / (1 + 4 sigma^2).
denoise='{"name":"s2","op":"square","inputs":["sigma"]},
{"name":"a","op":"affine","inputs":["s2"],"attributes":{"scale":4,"shift":1}},
{"name":"r","op":"reciprocal","inputs":["a"]},
{"name":"d","op":"mul","inputs":["x","r"]}'

# denoiser NAME CHANNELS: unconditional, 8 x 8.
denoiser() {
    weight_file "$1.bin" '' '{"name":"'"$1"'","kind":"denoiser","data":{"shape":['"$2"',8,8],"range":[0,1],
"sigma":[0.01,30]},"inputs":["x","sigma"],"graph":{"nodes":['"$denoise"'],"outputs":["d"]}}' </dev/null
}

# runaway NAME SCALE: a denoiser that takes images farther from the data range, D = SCALE x.
runaway() {
    weight_file "$1.bin" '' '{"name":"'"$1"'","kind":"denoiser","data":{"shape":[1,8,8],"range":[0,1],"sigma":[0.01,30]},
"inputs":["x","sigma"],"graph":{"nodes":[{"name":"d","op":"affine","inputs":["x"],"attributes":{"scale":'"$2"'}}],
"outputs":["d"]}}' </dev/null
}

# plain_energy NAME [SCALE]: the plain energy of pixels that are normal with mean 0 and variance 1, E = |x|^2 / 2; or
# E = SCALE |x|^2.
plain_energy() {
    weight_file "$1.bin" '' '{"name":"'"$1"'","kind":"energy","data":{"shape":[1,8,8],"range":[0,1]},"inputs":["x"],
"graph":{"nodes":[{"name":"square","op":"square","inputs":["x"]},
{"name":"sum","op":"sum","inputs":["square"],"attributes":{"over":"all"}},
{"name":"e","op":"affine","inputs":["sum"],"attributes":{"scale":'"${2:-0.5}"'}}],"outputs":["e"]}}' </dev/null
}

# Three classes, whose pictures are brighter, darker or unchanged.
conditional_denoiser() {
    i=0
    set --
    for class in 1 -1 0 0; do
        while [ $# -lt $((64 * (i + 1))) ]; do
            set -- "$@" $class
        done
        i=$((i + 1))
    done
    floats "$@" | weight_file cond.bin ',"e":{"dtype":"F32","shape":[4,64],"data_offsets":[0,1024]}' \
        '{"name":"cond","kind":"denoiser","data":{"shape":[1,8,8],"range":[0,1],"sigma":[0.01,30]},
"inputs":["x","sigma","label"],"labels":3,"graph":{"nodes":['"$denoise"',
{"name":"row","op":"embedding","inputs":["label"],"tensors":{"weight":"e"}},
{"name":"plane","op":"reshape","inputs":["row"],"attributes":{"shape":[1,8,8]}},
{"name":"y","op":"add","inputs":["d","plane"]}],"outputs":["y"]}}'
}

# A classifier whose logits and features are the first three pixels.
judge() {
    floats 0 0 0 1 0 0 0 1 0 0 0 1 | weight_file "$1" ',"reference_mean":{"dtype":"F32","shape":[3],"data_offsets":[0,12]},
"reference_covariance":{"dtype":"F32","shape":[3,3],"data_offsets":[12,48]}' \
        '{"name":"judge","kind":"classifier","data":{"shape":[1,8,8],"range":[0,1]},"inputs":["x"],
"graph":{"nodes":[{"name":"flat","op":"reshape","inputs":["x"],"attributes":{"shape":[64]}},
{"name":"logits","op":"slice","inputs":["flat"],"attributes":{"begin":0,"end":3}},
{"name":"features","op":"slice","inputs":["flat"],"attributes":{"begin":0,"end":3}}],
"outputs":["logits","features"]}}'
}

# The same, called judge2, with everything that a judge may have: twelve reference and twelve real images of class 1,
# the corners of a cube.
full_judge() {
    unit='1 0 0 0 1 0 0 0 1'
    corners='0 0 0 0 0 1 0 1 0 0 1 1 1 0 0 1 0 1 1 1 0 1 1 1 0 0 -1 0 -1 0 -1 0 0 -1 -1 -1'
    ones='1 1 1 1 1 1 1 1 1 1 1 1'
    # shellcheck disable=SC2086
    floats 0 0 0 $unit 0 0 0 0 0 0 0 0 0 $unit $unit $unit $corners $ones $corners $ones | weight_file "$1" '
,"reference_mean":{"dtype":"F32","shape":[3],"data_offsets":[0,12]}
,"reference_covariance":{"dtype":"F32","shape":[3,3],"data_offsets":[12,48]}
,"label_mean":{"dtype":"F32","shape":[3,3],"data_offsets":[48,84]}
,"label_covariance":{"dtype":"F32","shape":[3,3,3],"data_offsets":[84,192]}
,"reference_features":{"dtype":"F32","shape":[12,3],"data_offsets":[192,336]}
,"reference_labels":{"dtype":"F32","shape":[12],"data_offsets":[336,384]}
,"real_features":{"dtype":"F32","shape":[12,3],"data_offsets":[384,528]}
,"real_labels":{"dtype":"F32","shape":[12],"data_offsets":[528,576]}' \
        '{"name":"judge2","kind":"classifier","data":{"shape":[1,8,8],"range":[0,1]},"inputs":["x"],
"graph":{"nodes":[{"name":"flat","op":"reshape","inputs":["x"],"attributes":{"shape":[64]}},
{"name":"logits","op":"slice","inputs":["flat"],"attributes":{"begin":0,"end":3}},
{"name":"features","op":"slice","inputs":["flat"],"attributes":{"begin":0,"end":3}}],
"outputs":["logits","features"]}}'
}

# labels_file FILE LABEL...: an IDX file of labels.
labels_file() {
    file=$1
    shift
    {
        printf '\000\000\010\001\000\000\000'
        bytes $# 1
        for label; do bytes "$label" 1; done
    } >"$file"
}
