"""What to write instead of an operation that has no counterpart in a weight file, by PyTorch's name of it or by what a
handler calls it."""

RANDOM = "draw the noise outside of the module and add it to x"
ORDER = "a file has no order of elements; take the largest by amax, or weights by softmax"
COMPLEX = "a file has real numbers; use convolutions, or products with constant matrices of cosines and sines"
GRADIENT = "of a gradient export the energy itself, as kind 'energy': the library differentiates it"
SOLVE = "compute it beforehand if it depends on weights alone, else use products of matrices"

ADVICE = {
    "embedding": "give the table a row for each label, the last one for \"no label\", or export with `null='none'`",
    "batch_norm": "use the running statistics (eval() with track_running_stats), or group norm",
    "computed weight": "scale the convolution's input and output instead of its weight",
    "conv3d": "a file has images; use layers of two dimensions, or move a dimension into the channels",
    "gather": "use constant indices, or multiply with a mask of 0 and 1",
    "table": "index tables by the label, or by one number made of the noise level",
    "batch": "let each image's result depend on that image alone",
    "masked_fill": "use torch.where with the mask",
    "training": "call eval() before exporting",
    "pad": "use the modes constant, reflect, replicate or circular",
    "prod": "sum the logarithms, or multiply the parts",
    "sigma": "let it depend on the noise level or label alone",
    "output": "return something that depends on x",
    "grid_sampler": "use interpolate, whose positions are the same for all images",
    **dict.fromkeys(
        "randn rand randn_like rand_like randint bernoulli normal multinomial randperm poisson".split(), RANDOM
    ),
    **dict.fromkeys(
        "argmax argmin sort argsort topk kthvalue median mode unique nonzero searchsorted bucketize".split(), ORDER
    ),
    **dict.fromkeys(
        "fft_fft fft_ifft fft_rfft fft_irfft fft_fft2 fft_ifft2 fft_rfft2 fft_irfft2 fft_fftn fft_ifftn _fft_c2c _fft_r2c _fft_c2r complex64 stft view_as_complex view_as_real polar complex".split(),
        COMPLEX,
    ),
    **dict.fromkeys(
        "linalg_inv inverse linalg_solve linalg_svd linalg_eigh linalg_qr linalg_cholesky linalg_det logdet _linalg_svd".split(),
        SOLVE,
    ),
}

ANYTHING = "models/README.md lists what has one"


def instead(name):
    return ADVICE.get(name) or (GRADIENT if name.endswith("_backward") else ANYTHING)
