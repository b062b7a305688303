# The public names, and the modules that have them: __init__.py imports them from there when they are first used.
from ._model import (
    Model as Model,
    ModelInfo as ModelInfo,
    load as load,
    models_folder as models_folder,
    shipped as shipped,
)
from ._plan import Plan as Plan, PlanInfo as PlanInfo
from ._sampling import Run as Run
from ._sampling import Stats as Stats
from ._sampling import Walk as Walk
from ._images import Images as Images
from ._settings import (
    Sampler as Sampler,
    Setting as Setting,
    methods as methods,
    samplers as samplers,
    settings as settings,
)
from ._inverse import Operator as Operator, OperatorKind as OperatorKind, operators as operators
from ._measure import (
    Loss as Loss,
    Measured as Measured,
    Quality as Quality,
    classify as classify,
    loss as loss,
    psnr as psnr,
    quality as quality,
    ssim as ssim,
)
from ._shards import QualitySums as QualitySums, Shard as Shard, Shards as Shards, stream as stream
from ._flow import (
    Likelihood as Likelihood,
    decode as decode,
    encode as encode,
    interpolate as interpolate,
    likelihood as likelihood,
    slerp as slerp,
)
from ._classes import (
    Calibration as Calibration,
    ClassProbabilities as ClassProbabilities,
    calibration as calibration,
    class_probabilities as class_probabilities,
)
from ._nearness import Nearness as Nearness, nearness as nearness
from ._novelty import auroc as auroc, novelty as novelty, roc as roc
from ._partition import Partition as Partition, partition as partition
from ._chains import (
    ChainSummary as ChainSummary,
    bfmi as bfmi,
    summary as summary,
    to_arviz as to_arviz,
    to_netcdf as to_netcdf,
)
from ._densities import Density as Density, DensityKind as DensityKind, densities as densities, density as density
from ._quantize import Quantized as Quantized, QuantizedLayer as QuantizedLayer, quantize as quantize
from ._rejection import Rejection as Rejection, algorithms as algorithms, rejection as rejection
from ._machine import backends as backends, isas as isas, version as version
from .exporter.api import export as export
from ._library import (
    ArgumentError as ArgumentError,
    DivergedError as DivergedError,
    FileError as FileError,
    FormatError as FormatError,
    GensampleError as GensampleError,
    InterruptedSampling as InterruptedSampling,
    OutOfMemoryError as OutOfMemoryError,
    Status as Status,
    UnsupportedError as UnsupportedError,
)

__version__: str
