"""A user's mistake that the address sanitizer must report: a prediction from memory that was given back."""

import ctypes

import numpy as np

import bardana as keras

libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.free.argtypes = [ctypes.c_void_p]
address = libc.malloc(4096)
x = np.frombuffer((ctypes.c_float * 1024).from_address(address), "float32").reshape(16, 64)
libc.free(address)
keras.Sequential([keras.Input((64,)), keras.layers.Dense(4)]).predict(x, verbose=0)
