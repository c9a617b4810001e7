"""From any picture that a visitor brings to 28×28 pixels as the data set has them."""
