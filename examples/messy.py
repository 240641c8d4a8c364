# coding: utf-8
# 밑바닥부터 시작하는 딥러닝 5장 - a file as learners hand it in: missing modules, plots, prints, input, a broken end.
import sys, os
sys.path.append(os.pardir)
from common.layers import *
from google.colab import drive
import matplotlib.pyplot as plt
import numpy as np

drive.mount('/content/drive')
name = input('이름: ')

class Addlayer:
	def __init__(self):
		pass
	def forward(self, x, y):
		return x + y
	def backward(self, d_out):
		return [d_out, d_out]

class Mul_Layer:
    def forward(self, x, y):
        self.cache = (x, y)
        return np.multiply(x, y)
    def backward(self, dz):
        x, y = self.cache
        return dz * y, dz * x

class Relu:
    def forward(self, x):
        self.mask = (x <= 0)
        out = x.copy()
        out[self.mask] = 0
        return out

MulLayer = Mul_Layer()
for i in range(200):
    print('epoch', i, MulLayer.forward(i, 2))
plt.plot(range(200))
plt.show()

if __name__ == '__main__':
    train_network(
print "done"
