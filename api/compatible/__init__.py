"""The protocols of other servers, spoken on the same predictor."""
