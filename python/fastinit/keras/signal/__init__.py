"""Whether a Keras model passes its signal on, before it is trained and while it is. One way for all backends."""
