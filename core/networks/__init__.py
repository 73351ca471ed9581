"""Networks: the catalogue of backbones, their weights and graphs, conversion, and the one LiteRT interpreter."""
