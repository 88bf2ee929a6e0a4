"""What a file may name: the classes and functions that `load` trusts by itself.

Beside these it may name the public layers of `torch.nn`, and refer to public classes of
numpy, pandas, Python and `torch.optim`, see `skanomaly._saving.names`. A name is part
of the format: where a class moves, its old name has to be understood (`MOVED`).
"""

__all__ = ["FUNCTIONS", "LISTED", "MOVED", "OBJECTS"]


def _joined(table):
    return tuple(
        f"skanomaly.{m}.{name}" for m, names in table.items() for name in names
    )


ESTIMATORS = _joined(
    {
        "_normalizing_flow": ["NormalizingFlow"],
        "_training.row_sampler": ["RowSampler"],
        "classifiers._outlier_exposure_classifier": ["OutlierExposureClassifier"],
        "correctors._anomaly_corrector": ["AnomalyCorrector"],
        "correctors._diffusion_inpainter": ["DiffusionInpainter"],
        "correctors._inverse_gradient_repair": ["InverseGradientRepair"],
        "correctors._noisy_channel_corrector": ["NoisyChannelCorrector"],
        "detectors._auto_encoder": ["AutoEncoder"],
        "detectors._calibrated": ["CalibratedDetector"],
        "detectors._deep_sad": ["DeepSAD"],
        "detectors._deep_svdd": ["DeepSVDD"],
        "detectors._gan.ano_gan": ["AnoGAN"],
        "detectors._gan.fast_ano_gan": ["FastAnoGAN"],
        "detectors._gan.wgan_ensemble": ["WGANEnsemble"],
        "detectors._multi_encoder": ["MultiEncoderAutoEncoder"],
        "detectors._neighbors": ["NeighborsDetector"],
        "detectors._noise_contrastive": ["NoiseContrastiveAutoEncoder"],
        "detectors._outlier_discriminator": ["OutlierDiscriminator"],
        "detectors._transformations.geometric_transformations": [
            "GeometricTransformations"
        ],
        "detectors._vae": ["VAE"],
        "detectors._vae_ensemble": ["VAEEnsemble"],
        "pyod": ["PyODDetector"],
        "samplers._archetypal_analysis": ["ArchetypalAnalysis"],
        "samplers._archetypal_flow_sampler": ["ArchetypalFlowSampler"],
        "samplers._flow_sampler": ["FlowSampler"],
        "samplers._uniform_sampler": ["UniformSampler"],
    }
)

# What a search over parameters keeps beside its estimators: plain numbers and texts.
SEARCHES = (
    "skanomaly.metrics._scorers.AnomalyScorer",
    "sklearn.model_selection._split.KFold",
    "sklearn.model_selection._split.StratifiedKFold",
)

# What skops, which meets them first, is told to trust.
LISTED = (*ESTIMATORS, *SEARCHES)

# What fitted estimators are made of.
PARTS = _joined(
    {
        "_normalizing_flow": ["FlowModel"],
        "_training.categories": ["Categories"],
        "_training.expansion": ["Expansion"],
        "_training.net": ["DetectorNet"],
        "_training.standardized": ["StandardizedModel"],
        "_training.table": ["TableEncoder"],
        "classifiers._outlier_exposure_classifier": ["ExposureModel"],
        "correctors._cleaning.beliefs": ["CellPosterior"],
        "correctors._cleaning.calibration": ["Calibration"],
        "correctors._cleaning.channel": ["CellChannel"],
        "correctors._cleaning.cleaner": ["ErrorDetector"],
        "correctors._cleaning.context_table": ["ContextTable"],
        "correctors._cleaning.contexts": ["ColumnConditional"],
        "correctors._cleaning.dependencies": ["Dependencies", "Dependency"],
        "correctors._cleaning.error_posterior": ["ErrorPosterior"],
        "correctors._cleaning.layers": ["CellLayers"],
        "correctors._cleaning.marker_slips": ["MarkerSlips"],
        "correctors._cleaning.named_ranges": ["NamedRanges", "Ranges"],
        "correctors._cleaning.numbered_things": ["NumberedThings"],
        "correctors._cleaning.ranking": ["Ranking"],
        "correctors._cleaning.reasons": ["CellReasons"],
        "correctors._cleaning.similar_rows": ["SimilarRows"],
        "correctors._cleaning.sources": ["Design", "GroupTruth", "SourceVotes"],
        "correctors._cleaning.steps": ["Steps"],
        "correctors._cleaning.swaps": ["Swaps"],
        "correctors._cleaning.trust": ["Trust"],
        "correctors._cleaning.typos": ["Edits", "StringChannel"],
        "correctors._cleaning.value_prior": ["ValuePrior"],
        "correctors._cleaning.verdicts": ["Verdicts"],
        "correctors._cleaning.witnesses": ["PairCounts", "Witnesses"],
        "correctors._diffusion.absorbing": ["AbsorbingDiffusion", "MaskedRowModel"],
        "correctors._diffusion.denoising": ["Schedule", "TimedNetwork"],
        "correctors._diffusion.gaussian": ["GaussianDiffusion", "GaussianModel"],
        "correctors._diffusion.models": ["FoldedModel"],
        "correctors._diffusion.multinomial": [
            "MultinomialDiffusion", "MultinomialModel"
        ],
        "correctors._examples.columns": ["LearnedProgram"],
        "correctors._examples.corrections": ["KnownCells"],
        "correctors._examples.formats": ["TaughtFormats"],
        "correctors._examples.guards": ["Guard", "Test"],
        "correctors._examples.listing": ["ListedProgram", "RepairPrograms"],
        "correctors._examples.pieces": ["Literal", "Span", "Word"],
        "correctors._examples.rewriting": [
            "Affix", "Constant", "Number", "Replace", "Taken", "Template", "Whole"
        ],
        "correctors._examples.table": ["ColumnPrograms"],
        "correctors._formats.affixes": ["DropRemark", "WriteUnit"],
        "correctors._formats.answers": ["WriteAnswers"],
        "correctors._formats.blanks": ["CleanCharacters"],
        "correctors._formats.dates": ["WriteDates"],
        "correctors._formats.decimal_commas": ["WriteDecimalPoint"],
        "correctors._formats.digits": ["WriteDigitGroups"],
        "correctors._formats.encodings": ["ReadAsUtf8"],
        "correctors._formats.names": ["FlipNames"],
        "correctors._formats.neighbours": ["Move"],
        "correctors._formats.numbers": [
            "DropPointZero", "GroupThousands", "RoundNoise"
        ],
        "correctors._formats.program": ["ColumnProgram"],
        "correctors._formats.spelling": ["PreferSpelling"],
        "correctors._formats.table": ["FormatColumn", "TableFormats"],
        "correctors._formats.times": ["WriteTimes"],
        "correctors._formats.zeros": ["PadZeros"],
        "correctors._numbers.charges": ["Charged", "Rated"],
        "correctors._numbers.columns": ["Column"],
        "correctors._numbers.excuses": ["Excuses"],
        "correctors._numbers.expectations": ["Expectation"],
        "correctors._numbers.features": ["Features"],
        "correctors._numbers.forms": ["Forms"],
        "correctors._numbers.grids": ["Grid"],
        "correctors._numbers.layer": ["NumberLayer"],
        "correctors._numbers.lookups": ["Lookup"],
        "correctors._numbers.model": ["NumberModel"],
        "correctors._numbers.ranges": ["Ranges"],
        "correctors._numbers.relations": ["Linear", "Order", "Product"],
        "correctors._numbers.scales": ["Scale"],
        "correctors._numbers.spreads": ["Spread"],
        "correctors._numbers.tails": ["Tail", "Tails"],
        "correctors._search.boosted_trees": ["BoostedTrees"],
        "correctors._search.classifier": ["PublishedRowClassifier", "RowClassifier"],
        "correctors._search.leaf_masks": ["LeafMasks"],
        "correctors._search.parameters": ["BeamSearch", "GradientSearch"],
        "correctors._table.codec": ["TableCodec"],
        "correctors._table.columns": ["BinnedColumn", "CategoricalColumn"],
        "correctors._table.date_layouts": ["Layout", "Notation"],
        "correctors._table.markers": ["Markers"],
        "correctors._table.one_hot": ["OneHotLayout"],
        "correctors._table.reading": ["Reader"],
        "correctors._table.records": ["Log", "Record"],
        "detectors._auto_encoder": ["AutoEncoderModel"],
        "detectors._deep_sad": ["DeepSADModel"],
        "detectors._deep_svdd": ["DeepSVDDModel"],
        "detectors._gan.ano_gan": ["AnoGANModel"],
        "detectors._gan.fast_ano_gan": ["FastAnoGANModel"],
        "detectors._gan.models": ["Critic"],
        "detectors._gan.wgan_ensemble": ["CriticModel", "WGANEnsembleModel"],
        "detectors._multi_encoder": ["ParallelEncoders"],
        "detectors._neighbors": ["NeighborsModel"],
        "detectors._noise_contrastive": ["NoiseContrastiveModel", "UnitScale"],
        "detectors._outlier_discriminator": ["OutlierDiscriminatorModel"],
        "detectors._reference_distances": ["Neighbors", "SubsetDistance"],
        "detectors._transformations.models": ["GeometricModel", "LinearModel"],
        "detectors._vae": ["VAEModel"],
        "detectors._vae_ensemble": ["VAEEnsembleModel"],
        "nets.anchored": ["AnchoredLinear"],
        "nets.conv": ["ConvDecoder", "ConvEncoder"],
        "nets.flows": ["Affine", "Flow", "Spline"],
        "nets.layers": ["Dropout", "MLP", "MemberStreams", "RandomStream"],
        "nets.lenet": ["LeNetDecoder", "LeNetEncoder"],
        "nets.likelihoods": ["Bernoulli", "ContinuousBernoulli", "Gaussian"],
        "nets.priors": ["FlowPrior", "MixturePrior", "NormalPrior"],
        "nets.single_precision": ["SinglePrecision"],
        "nets.stacked": ["LoopedModules", "StackedLinear", "StackedModules"],
        "nets.wide_resnet": ["WideResNet", "_Block"],
        "samplers._archetypal_flow": ["ArchetypalFlow", "ArchetypalFlowModel"],
        "samplers._class_flow": ["ClassFlow", "ClassFlowModel"],
    }
)  # fmt: skip

# The transforms of flows; and what `set_fit_request` of scikit-learn leaves behind.
OTHERS = (
    "sklearn.utils._metadata_requests.MetadataRequest",
    "sklearn.utils._metadata_requests.MethodMetadataRequest",
    "zuko.flows.autoregressive.MaskedAutoregressiveTransform",
    "zuko.flows.coupling.GeneralCouplingTransform",
    "zuko.lazy.LazyComposedTransform",
    "zuko.nn.Linear",
    "zuko.nn.MLP",
    "zuko.nn.MaskedLinear",
    "zuko.nn.MaskedMLP",
)

OBJECTS = frozenset({*ESTIMATORS, *PARTS, *OTHERS})

# What models are told to compute.
FUNCTIONS = frozenset(
    _joined(
        {
            "detectors._deep_svdd": ["one_class", "soft_boundary"],
            "detectors._noise_contrastive": ["adversarial", "cooperative"],
        }
    )
)

# Names in files that were written before a class moved, and its names of today.
MOVED = {
    f"skanomaly.detectors._vae.{name}": f"skanomaly.nets.{module}.{name}"
    for module, names in {
        "likelihoods": ("Bernoulli", "ContinuousBernoulli", "Gaussian"),
        "priors": ("FlowPrior", "MixturePrior", "NormalPrior"),
    }.items()
    for name in names
}
