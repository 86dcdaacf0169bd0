package published

import "strings"

// characters are classes that have a character each.
func characters(all string) []string { return strings.Split(all, "") }

func digits() []string { return characters("0123456789") }

// fashion are the classes of Fashion-MNIST.
func fashion() []string {
	return strings.Split("T-shirt/top,Trouser,Pullover,Dress,Coat,Sandal,Shirt,Sneaker,Bag,Ankle boot", ",")
}

// kana10 are the classes of Kuzushiji-MNIST, in the order of kmnist_classmap.csv.
func kana10() []string { return characters("おきすつなはまやれを") }

// kana49 are the classes of Kuzushiji-49, in the order of k49_classmap.csv. The last one is the iteration mark.
func kana49() []string {
	return characters("あいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほまみむめもやゆよらりるれろわゐゑをんゝ")
}

// objects are the classes of CIFAR-10, in the order of batches.meta.txt.
func objects() []string {
	return strings.Fields("airplane automobile bird cat deer dog frog horse ship truck")
}

// fine are the classes of CIFAR-100, in the order of fine_label_names.txt.
func fine() []string {
	return strings.Fields(`
		apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly camel can
		castle caterpillar cattle chair chimpanzee clock cloud cockroach couch crab crocodile cup dinosaur dolphin
		elephant flatfish forest fox girl hamster house kangaroo keyboard lamp lawn_mower leopard lion lizard lobster
		man maple_tree motorcycle mountain mouse mushroom oak_tree orange orchid otter palm_tree pear pickup_truck
		pine_tree plain plate poppy porcupine possum rabbit raccoon ray road rocket rose sea seal shark shrew skunk
		skyscraper snail snake spider squirrel streetcar sunflower sweet_pepper table tank telephone television tiger
		tractor train trout tulip turtle wardrobe whale willow_tree wolf woman worm`)
}

// coarse are the superclasses of CIFAR-100, in the order of coarse_label_names.txt.
func coarse() []string {
	return strings.Fields(`
		aquatic_mammals fish flowers food_containers fruit_and_vegetables household_electrical_devices
		household_furniture insects large_carnivores large_man-made_outdoor_things large_natural_outdoor_scenes
		large_omnivores_and_herbivores medium_mammals non-insect_invertebrates people reptiles small_mammals trees
		vehicles_1 vehicles_2`)
}
