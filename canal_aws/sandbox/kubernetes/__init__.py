"""The embedded Kubernetes: a real control plane on loopback, and the fleet that plays the instances.

A stand-in where it says so: etcd, kube-apiserver, kube-controller-manager, kube-scheduler and kubeadm are the
real ones; Nodes are kept Ready and pods "run" by kwok, so what is seen of pods is simulated.
"""
