"""The pages of Tuskscope: they show what `core` computes, and compute nothing themselves."""
