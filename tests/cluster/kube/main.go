// Command kube is a whole Kubernetes control plane in one program, for the tests of tracedoctor: the first argument
// picks etcd, kube-apiserver, kube-controller-manager, kube-scheduler, kubectl, kwok, kwok-crds, or fields. Each part is
// the upstream program, unchanged; kwok plays the kubelets; fields prints how objects are laid out in protobuf.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/spf13/pflag"
	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	kubectl "k8s.io/kubectl/pkg/cmd"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	manager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	"sigs.k8s.io/kwok/kustomize/crd"
	"sigs.k8s.io/kwok/pkg/config"
	kwok "sigs.k8s.io/kwok/pkg/kwok/cmd"
	"sigs.k8s.io/kwok/pkg/log"
	"sigs.k8s.io/kwok/pkg/utils/signals"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: kube PROGRAM [ARGUMENT...]")
		os.Exit(2)
	}
	os.Args = os.Args[1:]
	switch os.Args[0] {
	case "etcd":
		etcdmain.Main(os.Args)
	case "kube-apiserver":
		os.Exit(cli.Run(apiserver.NewAPIServerCommand()))
	case "kube-controller-manager":
		os.Exit(cli.Run(manager.NewControllerManagerCommand()))
	case "kube-scheduler":
		os.Exit(cli.Run(scheduler.NewSchedulerCommand()))
	case "kubectl":
		freshFlags("kubectl")
		os.Exit(cli.Run(kubectl.NewDefaultKubectlCommand()))
	case "kwok":
		freshFlags("kwok")
		if err := runKwok(signals.SetupSignalContext()); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	case "kwok-crds":
		for _, text := range [][]byte{
			crd.Logs, crd.ClusterLogs, crd.PortForward, crd.ClusterPortForward, crd.Exec, crd.ClusterExec,
		} {
			fmt.Printf("---\n%s\n", text)
		}
	case "fields":
		writeFields(os.Stdout)
	default:
		fmt.Fprintf(os.Stderr, "kube: no program %q\n", os.Args[0])
		os.Exit(2)
	}
}

// freshFlags drops the --version flag that the Kubernetes programs put on the common flag set: kwok and kubectl have
// one of another type.
func freshFlags(name string) {
	pflag.CommandLine = pflag.NewFlagSet(name, pflag.ContinueOnError)
}

// runKwok takes the steps of kwok's own main.
func runKwok(ctx context.Context) error {
	flags := pflag.NewFlagSet("global", pflag.ContinueOnError)
	flags.ParseErrorsAllowlist.UnknownFlags = true
	flags.Usage = func() {}
	ctx, _ = log.InitFlags(ctx, flags)
	ctx, err := config.InitFlags(ctx, flags)
	if err != nil {
		return err
	}
	command := kwok.NewCommand(ctx)
	command.PersistentFlags().AddFlagSet(flags)
	return command.ExecuteContext(ctx)
}
