"""What a file may name: the classes and functions that `load` trusts by itself.

Beside these it may name the public layers of `torch.nn`, and refer to public classes of
numpy, pandas, Python and `torch.optim`, see `skanomaly._saving.names`. A name is part
of the format: where a class moves, its old name has to be understood.
"""

__all__ = ["ESTIMATORS", "FUNCTIONS", "OBJECTS"]


def _joined(table):
    return tuple(f"skanomaly.{m}.{name}" for m, names in table.items() for name in names)


ESTIMATORS = _joined(
    {
        "_normalizing_flow": ["NormalizingFlow"],
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

# What fitted estimators are made of.
PARTS = _joined(
    {
        "_normalizing_flow": ["FlowModel"],
        "_training.net": ["DetectorNet"],
        "_training.standardized": ["StandardizedModel"],
        "_training.table": ["TableEncoder"],
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
        "detectors._vae": [
            "FlowPrior", "Gaussian", "MixturePrior", "NormalPrior", "VAEModel"
        ],
        "detectors._vae_ensemble": ["VAEEnsembleModel"],
        "nets.conv": ["ConvDecoder", "ConvEncoder"],
        "nets.flows": ["Affine", "Flow", "Spline"],
        "nets.layers": ["Dropout", "MLP", "MemberStreams", "RandomStream"],
        "nets.lenet": ["LeNetEncoder"],
        "nets.single_precision": ["SinglePrecision"],
        "nets.stacked": ["LoopedModules", "StackedLinear", "StackedModules"],
    }
)  # fmt: skip

# The transforms of flows.
OTHERS = (
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
