"""A real control plane on loopback, without machines: an API server for tests of what is put on one.

etcd, kube-apiserver, controller manager and scheduler are the real ones; keys, certificates and flags are this
package's own. What a cluster of the sandbox runs is written by the real kubeadm, in machines (`sandbox/machines`).
"""
