"""A convolutional variational autoencoder (Kingma & Welling 2014)."""

import torch
from torch import nn
from torch.nn import functional as F


class View(nn.Module):
    def __init__(self, *shape):
        super().__init__()
        self.shape = shape

    def forward(self, x):
        return x.view(x.size(0), *self.shape)


class VAE(nn.Module):
    def __init__(self, latent_dim=16, hidden=(16, 32), channels=1):
        super().__init__()
        self.latent_dim = latent_dim
        self.encoder = nn.Sequential(
            nn.Conv2d(channels, hidden[0], 4, 2, 1),
            nn.BatchNorm2d(hidden[0]),
            nn.LeakyReLU(),
            nn.Conv2d(hidden[0], hidden[1], 4, 2, 1),
            nn.BatchNorm2d(hidden[1]),
            nn.LeakyReLU(),
            nn.Flatten(),
        )
        self.fc_mu = nn.Linear(hidden[1] * 49, latent_dim)
        self.fc_var = nn.Linear(hidden[1] * 49, latent_dim)
        self.decoder_input = nn.Linear(latent_dim, hidden[1] * 49)
        self.decoder = nn.Sequential(
            View(hidden[1], 7, 7),
            nn.ConvTranspose2d(hidden[1], hidden[0], kernel_size=3, stride=2, padding=1, output_padding=1),
            nn.BatchNorm2d(hidden[0]),
            nn.LeakyReLU(),
            nn.ConvTranspose2d(hidden[0], hidden[0], kernel_size=4, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(hidden[0]),
            nn.LeakyReLU(),
            nn.Conv2d(hidden[0], channels, kernel_size=3, padding=1),
            nn.Sigmoid(),
        )

    def encode(self, x):
        h = self.encoder(x)
        return self.fc_mu(h), self.fc_var(h)

    def reparameterize(self, mu, logvar):
        std = torch.exp(0.5 * logvar)
        return mu + torch.randn_like(std) * std

    def decode(self, z):
        return self.decoder(self.decoder_input(z))

    def forward(self, x):
        mu, logvar = self.encode(x)
        z = self.reparameterize(mu, logvar)
        return self.decode(z), mu, logvar

    def loss(self, x, recon, mu, logvar):
        return F.mse_loss(recon, x) - 0.5 * torch.mean(1 + logvar - mu**2 - logvar.exp())
